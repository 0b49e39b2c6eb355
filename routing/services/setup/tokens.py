"""API tokens: made once, shown once, stored as a digest."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from routing.models import ApiToken, Role
from routing.services import auditing
from routing.services.auditing import Actor

PREFIX = "relay_"
TOUCH_EVERY = timedelta(minutes=1)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def create(*, name: str, role: Role | str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """Store a new token and return it with its text, which is never shown again; raises ValidationError on a bad name."""
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(name=name, role=role, prefix=text[:12], digest=_digest(text), expires_at=expires_at)
    token.full_clean()
    token.save()
    return token, text


@transaction.atomic
def issue(*, name: str, role: Role | str, expires_at: datetime | None = None, actor: Actor) -> tuple[ApiToken, str]:
    """`create` in the name of somebody, with an audit row."""
    token, text = create(name=name, role=role, expires_at=expires_at)
    auditing.record(actor=actor, action="created", obj=token, role=str(role))
    return token, text


@transaction.atomic
def revoke(token: ApiToken, *, actor: Actor) -> None:
    """End a token at once."""
    auditing.record(actor=actor, action="deleted", obj=token)
    token.delete()


def find(text: str) -> ApiToken | None:
    """The valid token with this text, or None; notes when it was last used, at most once a minute."""
    now = timezone.now()
    valid = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    token = ApiToken.objects.filter(valid, digest=_digest(text)).first()
    if token and (token.last_used_at is None or now - token.last_used_at > TOUCH_EVERY):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
