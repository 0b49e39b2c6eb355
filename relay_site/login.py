"""Logging in, with a brake against guessing."""

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

TRIES = 5
PAUSE_SECONDS = 300


class BrakedLoginForm(AdminAuthenticationForm):
    """After five wrong passwords for a name from one address, that pair pauses for five minutes.

    Counted in the memory of the web process: a guesser gains nothing from a restart that he cannot cause.
    """

    def _key(self) -> str:
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        name = self.data.get("username", "")
        return "login:" + sha256(f"{address}\n{name}".encode()).hexdigest()

    def clean(self) -> dict[str, Any]:
        """Check the password unless the brake holds; raises ValidationError."""
        if not settings.PASSWORD_LOGIN:
            raise ValidationError(_("Logging in with a password is switched off here."), code="no_passwords")
        key = self._key()
        if cache.get(key, 0) >= TRIES:
            raise ValidationError(_("Too many wrong passwords. Try again in five minutes."), code="braked")
        try:
            cleaned = super().clean()
        except ValidationError:
            cache.set(key, cache.get(key, 0) + 1, PAUSE_SECONDS)
            raise
        cache.delete(key)
        return cleaned
