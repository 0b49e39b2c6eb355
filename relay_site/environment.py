"""Reads the environment: plain values, secrets from files, and the keys generated once for a single machine."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def secret(name: str, default: str = "") -> str:
    """The value of NAME, or the content of the file that NAME_FILE names; raises ImproperlyConfigured if unreadable."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return str(env.str(name, default=default))
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {error.strerror}.") from error


def _generated(path: Path, make: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(make)
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


def key(name: str, *, folder: Path, is_own_database: bool, make: str) -> str:
    """A key from the environment, else one generated once in `folder`: never for a database that others share.

    Raises ImproperlyConfigured where a database is named but the key is not.
    """
    value = secret(name)
    if value:
        return value
    if not is_own_database:
        raise ImproperlyConfigured(
            f"DATABASE_URL is set, so {name} must be set too (or {name}_FILE): see docs/settings.md."
        )
    return _generated(folder / name.lower(), make)


def new_secret_key() -> str:
    """A fresh value for SECRET_KEY."""
    return secrets.token_urlsafe(50)


def new_field_key() -> str:
    """A fresh value for FIELD_KEYS."""
    return Fernet.generate_key().decode("ascii")


def origin(url: str) -> str:
    """`scheme://host[:port]` of PUBLIC_URL; raises ImproperlyConfigured when it is not an http(s) address."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"PUBLIC_URL must be like https://relay.example.com, not {url!r}.")
    return f"{parts.scheme}://{parts.netloc}"


def words(path: Path) -> list[str]:
    """What stands in a file that may be missing."""
    try:
        return path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
