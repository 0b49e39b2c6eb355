"""After a key has leaked: everything that gives access, how old each is, and what is still to be changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.dateparse import parse_datetime

from routing.models import ApiToken, AuditEntry, Source, Target

BEGUN, ENDED = "leak_begun", "leak_ended"
"""Acts in the audit trail: between the two, the page ticks off what is done."""
LISTED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One thing that gives access."""

    id: int
    name: str = ""
    made_at: datetime | None = None
    last_used_at: datetime | None = None
    is_old: bool = False
    """True while it is what may have leaked."""
    row: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What keys belong to: a source, a target, the API, the people, the installation."""

    kind: str
    name: str
    id: int = 0
    keys: tuple[Key, ...]

    @property
    def is_done(self) -> bool:
        """True when nothing of it may have leaked any more."""
        return not any(key.is_old for key in self.keys)

    @property
    def has_new(self) -> bool:
        """True when a new one is valid beside the old."""
        return any(not key.is_old for key in self.keys)


@dataclass(frozen=True, slots=True)
class Leak:
    """What was noted when somebody began to change keys."""

    since: datetime
    """What was made before counts as leaked."""
    begun_at: datetime
    begun_by: str
    marks: Mapping[str, str]
    """Marks of passwords and keys that have no time of their own, as they were then."""

    def is_old(self, made_at: datetime) -> bool:
        """True for what was made before."""
        return made_at < self.since


def may_change_keys(user: Any) -> bool:
    """True for administrators: who may make tokens and change other people's accounts."""
    return bool(
        user.is_active and user.has_perms(["routing.add_apitoken", "auth.change_user", "routing.change_source"])
    )


def mark(text: str) -> str:
    """By which a password's hash or a random key is known again; it tells nothing about the text."""
    return sha256(f"leak\n{text}".encode()).hexdigest()[:20]


def marks() -> dict[str, str]:
    """Every mark as of now."""
    people = {f"user:{user.pk}": mark(user.password) for user in _people()}
    keys = {f"field_key:{mark(key)}": "" for key in settings.FIELD_KEYS}
    return {**people, **keys, "secret_key": mark(settings.SECRET_KEY)}


def current_leak() -> Leak | None:
    """The leak that is being dealt with."""
    entry = AuditEntry.objects.filter(action__in=[BEGUN, ENDED]).order_by("-id").first()
    if entry is None or entry.action == ENDED:
        return None
    since = parse_datetime(entry.detail.get("since", "")) or entry.at
    return Leak(since, entry.at, entry.actor, entry.detail.get("marks", {}))


def holders(leak: Leak | None) -> list[Holder]:
    """A row for each, in the order in which to change them."""
    sources = Source.objects.exclude(name="hook").prefetch_related("client_secrets", "hook_keys")
    rows = [holder for source in sources for holder in _of_source(source, leak)]
    rows += [_of_target(target, leak) for target in Target.objects.order_by("name")]
    return [*rows, _of_tokens(leak), _of_people(leak), *_of_installation(leak)]


def _of_source(source: Source, leak: Leak | None) -> Iterable[Holder]:
    for kind, rows in (("client_secret", source.client_secrets.all()), ("hook_key", source.hook_keys.all())):
        keys = tuple(
            Key(
                id=row.pk,
                made_at=row.created_at,
                last_used_at=row.last_used_at,
                is_old=leak is not None and leak.is_old(row.created_at),
                row=row,
            )
            for row in rows
            if row.retired_at is None
        )
        if keys:
            yield Holder(kind=kind, name=str(source), id=source.pk, keys=keys)


def _of_target(target: Target, leak: Leak | None) -> Holder:
    made = {name: sealed.sealed_at for name, sealed in target.credentials.items()}
    keys = tuple(
        Key(
            id=target.pk,
            name=name,
            made_at=at,
            last_used_at=target.last_success_at,
            is_old=leak is not None and leak.is_old(at),
        )
        for name, at in sorted(made.items())
    )
    return Holder(kind=target.kind, name=str(target), id=target.pk, keys=keys)


def _of_tokens(leak: Leak | None) -> Holder:
    keys = [
        Key(
            id=token.pk,
            name=f"{token.name} ({token.get_role_display()})",
            made_at=token.created_at,
            last_used_at=token.last_used_at,
            is_old=leak is not None and leak.is_old(token.created_at),
        )
        for token in ApiToken.objects.order_by("name")[:LISTED]
    ]
    return Holder(kind="token", name="", keys=tuple(keys))


def _of_people(leak: Leak | None) -> Holder:
    keys = [
        Key(
            id=user.pk,
            name=user.get_username(),
            last_used_at=user.last_login,
            is_old=leak is not None and leak.marks.get(f"user:{user.pk}") == mark(user.password),
        )
        for user in _people()
    ]
    return Holder(kind="user", name="", keys=tuple(keys))


def _of_installation(leak: Leak | None) -> Iterable[Holder]:
    known = leak.marks if leak else {}
    field_keys = [
        Key(id=number, name=f"#{number}", is_old=f"field_key:{mark(key)}" in known)
        for number, key in enumerate(settings.FIELD_KEYS, start=1)
    ]
    yield Holder(kind="field_keys", name="FIELD_KEYS", keys=tuple(field_keys))
    is_old = known.get("secret_key") == mark(settings.SECRET_KEY)
    yield Holder(kind="secret_key", name="SECRET_KEY", keys=(Key(id=1, is_old=is_old),))


def _people() -> list[Any]:
    users = get_user_model().objects.filter(is_active=True).order_by("username")[:LISTED]
    return [user for user in users if user.has_usable_password()]
