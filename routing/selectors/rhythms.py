"""What is known of the rhythm of a source or project: when it was last heard, and which silence would be odd."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils import timezone

from routing.models import Project, Source
from routing.models import Rhythm as Row
from routing.policy.rhythms import NEEDED_AGE, Day, Rhythm, usual_silence


class Basis(StrEnum):
    """Where an expectation comes from."""

    SET = "set"
    UNWATCHED = "unwatched"
    LEARNED = "learned"
    LEARNING = "learning"
    RARE = "rare"
    UNHEARD = "unheard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a source or project, and why."""

    basis: Basis
    last_at: datetime | None
    """When something was last heard; our own tests do not count."""
    allowed: timedelta | None = None
    """How long a silence that began with the last webhook may last; None where none is odd."""
    late_at: datetime | None = None
    """From when on its silence is odd; None where none is."""
    webhooks: int = 0
    """In the days of which is known."""
    days: int = 0
    """On which something came."""


def rhythm_of(row: Row) -> Rhythm:
    """A stored rhythm as the policy takes it."""
    days = {date.fromisoformat(day): Day(count, tuple(gaps)) for day, (count, gaps) in row.days.items()}
    return Rhythm(since=row.since, last_at=row.last_at, days=days)


def expectation_of(sender: Source | Project, now: datetime) -> Expectation:
    """What is expected of a stored source or project at `now`; one query."""
    source, slug = (sender.pk, "") if isinstance(sender, Source) else (sender.source_id, sender.slug)
    row = Row.objects.filter(source=source, project_slug=slug).first()
    return expectation(sender.silence_after_minutes, row, sender.created_at, now)


def expectation(minutes: int | None, row: Row | None, since: datetime, now: datetime) -> Expectation:
    """What is expected with `minutes` set (None: nothing is, 0: it is not watched) of what was made at `since`."""
    last_at = row.last_at if row is not None else None
    if minutes is not None:
        if not minutes:
            return Expectation(basis=Basis.UNWATCHED, last_at=last_at)
        allowed = timedelta(minutes=minutes)
        return Expectation(basis=Basis.SET, last_at=last_at, allowed=allowed, late_at=(last_at or since) + allowed)
    if row is None or last_at is None:
        return Expectation(basis=Basis.UNHEARD, last_at=None)
    return _learned(rhythm_of(row), last_at, now)


def _learned(rhythm: Rhythm, last_at: datetime, now: datetime) -> Expectation:
    usual = usual_silence(rhythm, now, timezone.get_default_timezone())
    counts = [day.count for day in rhythm.days.values() if day.count]
    basis = Basis.LEARNED if usual else Basis.LEARNING if now - rhythm.since < NEEDED_AGE else Basis.RARE
    late_at = last_at + usual if usual else None
    return Expectation(
        basis=basis, last_at=last_at, allowed=usual, late_at=late_at, webhooks=sum(counts), days=len(counts)
    )
