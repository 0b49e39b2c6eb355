"""Changing what has leaked: each act leaves an audit row, and none leaves a source without a way to reach us."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from routing.models import ApiToken, ClientSecret, HookKey, Source
from routing.selectors import leaks
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.setup import sources, tokens

NAME_LENGTH = 90


class LastOne(ValueError):  # noqa: N818 - says what the key is
    """It is the only valid one: add the new one first."""


def begin(*, actor: Actor, since: datetime) -> None:
    """Note that everything made before `since` may have leaked."""
    auditing.record(actor=actor, action=leaks.BEGUN, since=since.isoformat(), marks=leaks.marks())


def end(*, actor: Actor) -> None:
    """Note that it is dealt with."""
    auditing.record(actor=actor, action=leaks.ENDED)


@transaction.atomic
def add_hook_key(source: Source, *, actor: Actor) -> HookKey:
    """A further hook key, valid beside the others."""
    key = sources.add_hook_key(source)
    auditing.record(actor=actor, action="added", obj=source, item="hookkey", id=key.pk)
    return key


@transaction.atomic
def add_client_secret(source: Source, text: str, *, actor: Actor) -> ClientSecret:
    """A further client secret, valid beside the others; raises ValueError for an empty one."""
    if not text.strip():
        raise ValueError("an empty client secret")
    secret = sources.add_client_secret(source, text.strip())
    auditing.record(actor=actor, action="added", obj=source, item="clientsecret", id=secret.pk)
    return secret


@transaction.atomic
def retire(item: HookKey | ClientSecret, *, actor: Actor) -> None:
    """Accept it no more; raises LastOne while no other is valid."""
    Source.objects.select_for_update(no_key=True).get(pk=item.source_id)
    if not type(item)._default_manager.filter(source=item.source_id, retired_at=None).exclude(pk=item.pk).exists():
        raise LastOne
    sources.retire_by(item, actor=actor)


def replace_token(token: ApiToken, *, actor: Actor) -> tuple[ApiToken, str]:
    """A further token of the same role, which runs out at the same time, with its text; the old one stays valid."""
    number = 2
    while ApiToken.objects.filter(name=f"{token.name[:NAME_LENGTH]}-{number}").exists():
        number += 1
    name = f"{token.name[:NAME_LENGTH]}-{number}"
    return tokens.issue(name=name, role=token.role, expires_at=token.expires_at, actor=actor)


@transaction.atomic
def lock_user(user: AbstractBaseUser, *, actor: Actor) -> None:
    """End a person's password and sessions; an administrator sets the next password."""
    user.set_unusable_password()
    get_user_model().objects.filter(pk=user.pk).update(password=user.password)
    auditing.record(actor=actor, action="password_ended", obj=user)
