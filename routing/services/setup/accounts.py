"""Accounts of people who sign in elsewhere: made at their first login, their role as their groups are now."""

import re
from collections.abc import Iterable

from django.contrib.auth.models import Group, User
from django.db import transaction

from routing.policy.roles import ROLES
from routing.services import auditing

_FORBIDDEN = re.compile(r"[^\w.@+-]+")
_LONGEST = 140


def username_from(wishes: Iterable[str]) -> str:
    """The first usable wish that nobody has; a number makes it one. Never the name of an account that is there."""
    for wish in wishes:
        base = _FORBIDDEN.sub("-", wish).strip("-")[:_LONGEST]
        if base:
            break
    else:
        base = "somebody"
    name, number = base, 1
    while User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{base}-{number}"
    return name


@transaction.atomic
def take_role(user: User, role: str, *, provider: str) -> None:
    """Put the account into the group of this role and out of those of the others; empty takes every role away."""
    before = set(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
    wanted = {role} if role else set()
    if user.is_staff != bool(role):
        user.is_staff = bool(role)
        user.save(update_fields=["is_staff"])
    if before != wanted:
        user.groups.remove(*Group.objects.filter(name__in=before - wanted))
        user.groups.add(*Group.objects.filter(name__in=wanted))
        auditing.record(actor=user, action="role_changed", obj=user, role=role, provider=provider)
