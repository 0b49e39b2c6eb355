"""System checks: unsafe or contradictory settings stop the start with one clear line."""

from importlib.util import find_spec
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from integrations.egress import EgressPolicy


@register(Tags.security)
def check_field_keys(**_kwargs: Any) -> list[CheckMessage]:
    """FIELD_KEYS are Fernet keys."""
    errors: list[CheckMessage] = []
    for number, key in enumerate(settings.FIELD_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            errors.append(
                Error(
                    f"Key {number} of FIELD_KEYS is not a Fernet key.",
                    hint="Make one with: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
                    id="routing.E001",
                )
            )
    if not settings.FIELD_KEYS:
        errors.append(Error("FIELD_KEYS is empty, so no secret can be stored.", id="routing.E002"))
    return errors


@register(Tags.security)
def check_egress(**_kwargs: Any) -> list[CheckMessage]:
    """EGRESS_ALLOWED_HOSTS and EGRESS_PROXY can be read."""
    try:
        EgressPolicy.parse(settings.EGRESS_ALLOWED_HOSTS, settings.EGRESS_PROXY or None)
    except ValueError as error:
        return [Error(str(error), id="routing.E004")]
    return []


@register(Tags.compatibility)
def check_broker(**_kwargs: Any) -> list[CheckMessage]:
    """A broker spreads deliveries over hosts: that takes a database that all of them reach, and Celery."""
    errors: list[CheckMessage] = []
    if settings.CELERY_BROKER_URL and connection.vendor == "sqlite":
        errors.append(
            Error(
                "CELERY_BROKER_URL is set, but the database is SQLite.",
                hint="Set DATABASE_URL to a Postgres database, or unset CELERY_BROKER_URL.",
                id="routing.E003",
            )
        )
    if settings.CELERY_BROKER_URL and find_spec("celery") is None:
        errors.append(
            Error(
                "CELERY_BROKER_URL is set, but Celery is not installed.",
                hint="Install the extra `distributed` (requirements/extras.txt), or unset CELERY_BROKER_URL.",
                id="routing.E005",
            )
        )
    return errors
