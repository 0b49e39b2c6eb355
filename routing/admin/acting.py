"""Who acts."""

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def acting_user(request: HttpRequest) -> AbstractBaseUser:
    """The logged-in user; raises PermissionDenied where there is none."""
    if not isinstance(request.user, AbstractBaseUser):
        raise PermissionDenied
    return request.user
