"""Clients of each role."""

from django.contrib.auth.models import Group, User
from django.test import Client

ROLES = ("viewer", "operator", "administrator")


def client_of(role: str) -> Client:
    """Somebody of this role, logged in, who reads English."""
    user = User.objects.create_user(f"the-{role}", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client
