"""What a silence would have held back lately."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from routing.policy.specs import SilenceSpec
from routing.policy.whatif import caught
from routing.selectors import recent
from routing.selectors.recent import Seen

PERIOD = timedelta(hours=24)
MOST = 10_000
"""Webhooks that are looked at, the newest: more would take longer than a person waits."""


@dataclass(frozen=True, slots=True)
class Catch:
    """The firing alerts of the period that match, newest first, out of so many webhooks."""

    caught: list[Seen]
    looked_at: int
    since: datetime

    @property
    def is_cut(self) -> bool:
        """True where more came than is looked at."""
        return self.looked_at == MOST


def what_silence_catches(silence: SilenceSpec, *, now: datetime | None = None) -> Catch:
    """What the silence would have caught in the last 24 hours; raises ValueError for unusable conditions."""
    now = now or timezone.now()
    seen = recent.last_alerts(MOST, since=now - PERIOD)
    found = set(caught(silence, [one.case for one in seen], now=now))
    since = seen[0].case.at if len(seen) == MOST else now - PERIOD
    return Catch([one for one in reversed(seen) if one.case.inbound in found], len(seen), since)
