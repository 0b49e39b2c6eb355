"""The audit trail: one row for every action of a person or a token."""

from typing import Any, TypeAlias

from django.contrib.auth.models import AbstractBaseUser
from django.db import models

from routing.models import ApiToken, AuditEntry

Actor: TypeAlias = AbstractBaseUser | ApiToken | str
"""Who acts: a user, a token, or the name of a command."""


def name_of(actor: Actor) -> str:
    """The name that is kept of who acts."""
    return actor.get_username() if isinstance(actor, AbstractBaseUser) else str(actor)


def entry(*, actor: Actor, action: str, obj: models.Model | None = None, **detail: Any) -> AuditEntry:
    """Who did what, not stored yet."""
    return AuditEntry(
        user_id=actor.pk if isinstance(actor, AbstractBaseUser) else None,
        actor=name_of(actor),
        action=action,
        object_type=obj._meta.model_name or "" if obj else "",
        object_id=str(obj.pk) if obj else "",
        object_name=str(obj)[:200] if obj else "",
        detail=detail,
    )


def record(*, actor: Actor, action: str, obj: models.Model | None = None, **detail: Any) -> AuditEntry:
    """Store who did what; `actor` is a user, a token, or the name of a command."""
    made = entry(actor=actor, action=action, obj=obj, **detail)
    made.save()
    return made
