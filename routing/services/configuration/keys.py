"""Hook keys and client secrets of changed sources: added, or retired; none is ever deleted."""

from collections.abc import Iterable
from datetime import datetime

from routing.models import ClientSecret, HookKey
from routing.services.configuration.comparing import Change
from routing.services.configuration.secret_text import SecretText
from routing.services.setup.sources import key_digest


def write_keys(changes: Iterable[Change], now: datetime) -> None:
    """Make the active hook keys and client secrets of each source those of the document."""
    for change in changes:
        if change.after is not None:
            _hook_keys(change, now)
            _client_secrets(change, now)


def _parted(change: Change, key: str) -> tuple[list[SecretText], list[SecretText]]:
    """What is new, and what is no longer there."""
    before, after = (change.before or {}).get(key, []), (change.after or {})[key]
    return [text for text in after if text not in before], [text for text in before if text not in after]


def _hook_keys(change: Change, now: datetime) -> None:
    new, gone = _parted(change, "hook_keys")
    rows = HookKey.objects.filter(source=change.row)
    for text in new:
        digest = key_digest(str(text))
        if not rows.filter(digest=digest).update(retired_at=None):
            HookKey.objects.create(source=change.row, key=text.sealed(), digest=digest)
    rows.filter(digest__in=[key_digest(str(text)) for text in gone]).update(retired_at=now)


def _client_secrets(change: Change, now: datetime) -> None:
    new, gone = _parted(change, "client_secrets")
    ClientSecret.objects.bulk_create([ClientSecret(source=change.row, secret=text.sealed()) for text in new])
    tokens = {text.token for text in gone}
    active = ClientSecret.objects.filter(source=change.row, retired_at=None)
    old = [row.pk for row in active if row.secret.token in tokens]
    ClientSecret.objects.filter(pk__in=old).update(retired_at=now)
