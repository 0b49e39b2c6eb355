"""The rhythm of a source or project: how long a silence is usual at an hour of the week, learned from the gaps seen.

A day of a rhythm is how many webhooks came and, for each hour, the longest gap that began in it. Nothing is said of
what is naturally rare or too new: a watch that cries for nothing is switched off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo

KEPT = timedelta(days=21)
NEEDED_AGE = timedelta(days=8)
"""A weekend and every day of the week were seen."""
NEEDED_WEBHOOKS = 200
"""In the days kept: what comes less often is naturally rare."""
NEEDED_DAYS = 5
"""On so many different days something came."""
AT_LEAST = timedelta(minutes=30)
AT_MOST = timedelta(days=7)
MARGIN_AT_MOST = timedelta(hours=12)
_DAYS_TO_JUDGE_BY = 4
_ODD = 3
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Day:
    """What one day was like."""

    count: int = 0
    gaps: tuple[int, ...] = (0,) * 24
    """Minutes, begun ones included, of the longest gap that began in each hour; 0 where none began."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """All that is known; `since` is when learning began, `last_at` when something came last."""

    since: datetime
    last_at: datetime | None = None
    days: Mapping[date, Day] = field(default_factory=dict)


def heard(rhythm: Rhythm, at: datetime, zone: tzinfo) -> Rhythm:
    """The rhythm after a webhook at `at`; one that comes out of order counts, and makes no gap."""
    days = dict(rhythm.days)
    today = at.astimezone(zone).date()
    day = days.get(today, Day())
    days[today] = replace(day, count=day.count + 1)
    if rhythm.last_at is None or at <= rhythm.last_at:
        return replace(rhythm, last_at=max(rhythm.last_at or at, at), days=days)
    began, minutes = rhythm.last_at.astimezone(zone), (at - rhythm.last_at) // timedelta(minutes=1) + 1
    before = days.get(began.date(), Day())
    if minutes > before.gaps[began.hour]:
        gaps = (*before.gaps[: began.hour], minutes, *before.gaps[began.hour + 1 :])
        days[began.date()] = replace(before, gaps=gaps)
    oldest = today - KEPT
    return replace(rhythm, last_at=at, days={each: known for each, known in days.items() if each > oldest})


def usual_silence(rhythm: Rhythm, now: datetime, zone: tzinfo) -> timedelta | None:
    """How long a silence that began with the last webhook may last before it is odd; None where nobody can tell.

    Three times the longest gap that began around that hour on like days, at most half a day more than it. One odd day among
    several is passed over, so that an outage does not teach the watch to sleep; days before a free day are spared
    that, for the gap over the free days is the odd one there.
    """
    if rhythm.last_at is None or now - rhythm.since < NEEDED_AGE:
        return None
    counts = [day.count for day in rhythm.days.values() if day.count]
    if len(counts) < NEEDED_DAYS or sum(counts) < NEEDED_WEBHOOKS:
        return None
    longest = timedelta(minutes=_longest(rhythm, rhythm.last_at.astimezone(zone)))
    usual = max(longest + min(2 * longest, MARGIN_AT_MOST), AT_LEAST)
    return usual if usual <= AT_MOST else None


def _longest(rhythm: Rhythm, began: datetime) -> int:
    hours = {(began.hour + offset) % 24 for offset in range(-2, 3)}
    is_before_free_day = began.weekday() >= _FRIDAY
    alike = sorted(
        max(day.gaps[hour] for hour in hours)
        for date, day in rhythm.days.items()
        if date < began.date() and (date.weekday() >= _FRIDAY) == is_before_free_day
    )
    alike = [longest for longest in alike if longest]
    if len(alike) < 2:
        return max(max(day.gaps) for day in rhythm.days.values())
    is_odd = alike[-1] > _ODD * alike[-2] and len(alike) >= _DAYS_TO_JUDGE_BY
    return alike[-2] if is_odd and not is_before_free_day else alike[-1]
