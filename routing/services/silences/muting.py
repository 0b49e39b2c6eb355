"""Muting from a message: a signed, short-lived link that says which alert is meant, and the silence it leads to.

The link alone does nothing. Whoever opens it logs in, needs the permission to make silences, and confirms by POST.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import QuerySet

from routing.models import Inbound, Silence
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.silences.likeness import conditions_like

LIFETIME = timedelta(hours=12)
"""How long a link leads to its page: as long as a shift."""
MUTED_FOR = timedelta(hours=1)

_SIGNER = "routing.mute"


class ForgedLink(ValueError):  # noqa: N818 - says what the link is
    """The link was not made by this relay, or was damaged on its way."""


@dataclass(frozen=True, slots=True)
class MuteLink:
    """What a link says."""

    inbound: int
    ends_at: datetime

    def has_expired(self, now: datetime) -> bool:
        """True when it is too old to be used."""
        return now >= self.ends_at


def mute_link(inbound: int, now: datetime) -> str:
    """The link to put into a message that is sent at `now`."""
    until = int((now + LIFETIME).timestamp())
    token = Signer(salt=_SIGNER).sign_object([inbound, until])
    return f"{settings.PUBLIC_URL}/admin/routing/silence/mute/{token}/"


def read(token: str) -> MuteLink:
    """What a link says; raises ForgedLink unless `mute_link` made it under the running SECRET_KEY."""
    try:
        inbound, until = Signer(salt=_SIGNER).unsign_object(token)
    except (BadSignature, ValueError, TypeError) as error:
        raise ForgedLink from error
    return MuteLink(int(inbound), datetime.fromtimestamp(until, UTC))


def muting(inbound: Inbound, now: datetime) -> Silence | None:
    """The silence that mutes this very problem already, the longest of several."""
    return _alike(inbound, now).order_by("-ends_at").first()


@transaction.atomic
def mute(inbound: Inbound, *, actor: Actor, author: int | None, reason: str, now: datetime) -> Silence | None:
    """Silence alerts like this one for an hour, with an audit row; the one that holds already when there is one.

    None when nothing in the alert names its problem, so that the silence would hold for everything.
    """
    conditions = conditions_like(inbound)
    if not conditions:
        return None
    Inbound.objects.select_for_update(no_key=True).get(pk=inbound.pk)  # two clicks at once make one silence
    if (silence := muting(inbound, now)) is not None:
        return silence
    until = now + MUTED_FOR
    silence = Silence.objects.create(
        name=f"mute {inbound.pk} {now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        when=conditions,
        starts_at=now,
        ends_at=until,
        reason=reason,
        author_id=author,
    )
    auditing.record(actor=actor, action="mute", obj=silence, inbound=inbound.pk, until=until.isoformat())
    return silence


def _alike(inbound: Inbound, now: datetime) -> QuerySet[Silence]:
    return Silence.objects.filter(when=conditions_like(inbound), starts_at__lte=now, ends_at__gt=now)
