"""Sources: their hook keys and client secrets, several active at a time."""

import secrets
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from routing.fields import Sealed
from routing.models import ClientSecret, HookKey, Source
from routing.services import auditing
from routing.services.auditing import Actor


def key_digest(key: str) -> str:
    """What a hook key is found by."""
    return sha256(key.encode()).hexdigest()


def add_hook_key(source: Source, key: str = "") -> HookKey:
    """Give a source a further hook key, random unless one is named; the others stay valid."""
    key = key or "k-" + secrets.token_urlsafe(24)
    return HookKey.objects.create(source=source, key=Sealed.seal(key), digest=key_digest(key))


def add_client_secret(source: Source, text: str) -> ClientSecret:
    """Accept a further client secret; the others stay valid until retired."""
    return ClientSecret.objects.create(source=source, secret=Sealed.seal(text))


def retire(item: HookKey | ClientSecret) -> None:
    """Stop accepting a hook key or client secret."""
    item.retired_at = timezone.now()
    item.save(update_fields=["retired_at"])


@transaction.atomic
def retire_by(item: HookKey | ClientSecret, *, actor: Actor) -> bool:
    """The same in the name of somebody, with an audit row; False when it was retired before."""
    if item.retired_at is not None:
        return False
    retire(item)
    auditing.record(actor=actor, action="retired", obj=item.source, item=item._meta.model_name, id=item.pk)
    return True


def hook_url(key: HookKey) -> str:
    """The URL to paste into Sentry; raises UnsealingError."""
    return address_of(key.key.open())


def address_of(key: str) -> str:
    """The URL that a hook key stands in."""
    return f"{settings.PUBLIC_URL}/webhooks/sentry/{key}/"
