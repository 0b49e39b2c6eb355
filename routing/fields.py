"""Secrets at rest: sealed values that are opened on purpose, and the columns that hold them.

A sealed value is a Fernet token under `FIELD_KEYS`: the first key seals, every key opens.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

PREFIX = "v1:"


class UnsealingError(Exception):
    """No key of `FIELD_KEYS` opens a stored secret; the message names the setting, never the value."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be opened: none of the keys in FIELD_KEYS fits. Add the key it was sealed with."
        )


@lru_cache(maxsize=4)
def _keyring(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def keyring() -> MultiFernet:
    """The keys of the running settings, ready to seal and open."""
    return _keyring(tuple(settings.FIELD_KEYS))


class Sealed:
    """A secret as stored. Printing it shows a mask; `open()` is the only way to the text."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        self.token = token

    @classmethod
    def seal(cls, text: str) -> "Sealed":
        """Encrypt `text` under the first key."""
        return cls(PREFIX + keyring().encrypt(text.encode()).decode("ascii"))

    def open(self) -> str:
        """The secret's text; raises UnsealingError when no key fits."""
        if not self.token.startswith(PREFIX):
            raise UnsealingError
        try:
            return keyring().decrypt(self.token.removeprefix(PREFIX)).decode()
        except InvalidToken as error:
            raise UnsealingError from error

    def rotated(self) -> "Sealed":
        """The same secret under the first key, as old as before; raises UnsealingError when no key fits."""
        try:
            return Sealed(PREFIX + keyring().rotate(self.token.removeprefix(PREFIX)).decode("ascii"))
        except InvalidToken as error:
            raise UnsealingError from error

    @property
    def sealed_at(self) -> datetime:
        """When this text was entered: a Fernet token carries its time in the open, behind its version byte."""
        try:
            data = urlsafe_b64decode(self.token.removeprefix(PREFIX).encode())
            return datetime.fromtimestamp(int.from_bytes(data[1:9], "big"), UTC)
        except (ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(0, UTC)

    def __repr__(self) -> str:
        return "<Sealed ••••>"

    def __str__(self) -> str:
        return "••••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.token == self.token

    def __hash__(self) -> int:
        return hash(self.token)


def seal_bytes(data: bytes) -> bytes:
    """Encrypt a stored body under the first key."""
    return keyring().encrypt(data)


def open_bytes(token: bytes) -> bytes:
    """The bytes of a stored body; raises UnsealingError when no key fits."""
    try:
        return keyring().decrypt(token)
    except InvalidToken as error:
        raise UnsealingError from error


if TYPE_CHECKING:
    _SealedText = models.TextField[Sealed, Sealed]
    _SealedMapText = models.TextField[Mapping[str, Sealed], dict[str, Sealed]]
else:  # the stock field is not generic at run time
    _SealedText = _SealedMapText = models.TextField


class SealedField(_SealedText):
    """A column of one `Sealed`; refuses plain text, and can be looked up by emptiness only."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        """The column's value as a Sealed, unopened."""
        return None if value is None else Sealed(value)

    def to_python(self, value: Any) -> Sealed | None:
        """Pass a Sealed through; a stored token becomes one."""
        if value is None or isinstance(value, Sealed):
            return value
        if isinstance(value, str) and value.startswith(PREFIX):
            return Sealed(value)
        raise TypeError("seal a secret before assigning it: Sealed.seal(text)")

    def get_prep_value(self, value: Any) -> str | None:
        """The token to store."""
        sealed = self.to_python(value)
        return None if sealed is None else sealed.token

    def value_to_string(self, obj: models.Model) -> str:
        """The token, for serialisers."""
        return self.get_prep_value(self.value_from_object(obj)) or ""

    def get_lookup(self, lookup_name: str) -> Any:
        """`isnull` only: two tokens of one secret differ, so no other lookup can mean anything."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedMapField(_SealedMapText):
    """A column of several named secrets: a dict of name to `Sealed`, each under its own token."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, Sealed]:
        """The column's value, unopened."""
        return {name: Sealed(token) for name, token in json.loads(value or "{}").items()}

    def to_python(self, value: Any) -> dict[str, Sealed]:
        """Pass a mapping of Sealed through; stored JSON becomes one."""
        if isinstance(value, str):
            return {name: Sealed(token) for name, token in json.loads(value or "{}").items()}
        if isinstance(value, Mapping) and all(isinstance(item, Sealed) for item in value.values()):
            return dict(value)
        raise TypeError("assign a mapping of name to Sealed")

    def get_prep_value(self, value: Any) -> str:
        """The JSON of tokens to store."""
        return json.dumps({name: sealed.token for name, sealed in sorted(self.to_python(value).items())})

    def value_to_string(self, obj: models.Model) -> str:
        """The JSON of tokens, for serialisers."""
        return self.get_prep_value(self.value_from_object(obj))
