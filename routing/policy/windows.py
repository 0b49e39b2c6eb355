"""Weekly windows and silences in time.

A window is open whenever a clock on the wall in its zone shows a time inside it. So an hour that a daylight-saving
change repeats counts twice, and one that it skips not at all. A window across midnight belongs to the day it starts on.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from routing.policy.specs import SilenceSpec, WindowSpec

_HORIZON_DAYS = 16
"""A weekly window ends at least this often, even where a daylight-saving change swallows one of its weeks."""

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


def is_open(window: WindowSpec, now: datetime) -> bool:
    """True when the window is open at this moment; `now` is aware."""
    local = _aware(now).astimezone(ZoneInfo(window.timezone))
    today = local.weekday()
    if window.start is None or window.end is None:
        return today in window.days
    clock = local.time()
    if window.start < window.end:
        return today in window.days and window.start <= clock < window.end
    return (today in window.days and clock >= window.start) or ((today - 1) % 7 in window.days and clock < window.end)


def current_or_next_end(window: WindowSpec, now: datetime) -> datetime | None:
    """When the open window closes, or when the next one will (in UTC); None for one that never closes or never opens."""
    ends = sorted(end for end in _possible_ends(window, _aware(now).astimezone(UTC)) if end > now)
    return next((end for end in ends if is_open(window, end - _INSTANT) and not is_open(window, end)), None)


def silence_holds(silence: SilenceSpec, now: datetime) -> bool:
    """True while the silence is in force, whatever its conditions say; its end is the first moment it is not."""
    if silence.weekly is not None:
        return is_open(silence.weekly, now)
    begun = silence.starts_at is None or silence.starts_at <= now
    return begun and (silence.ends_at is None or now < silence.ends_at)


def silence_end(silence: SilenceSpec, now: datetime) -> datetime | None:
    """When the silence ends, or for a weekly one when its present or next window does; None for never."""
    return silence.ends_at if silence.weekly is None else current_or_next_end(silence.weekly, now)


def _possible_ends(window: WindowSpec, now: datetime) -> set[datetime]:
    """Every moment at which the window could close: its own end on each day, and each change of the zone's offset."""
    zone = ZoneInfo(window.timezone)
    end = window.end if window.end is not None else time(0)
    first = now.astimezone(zone).date() - _DAY
    found: set[datetime] = set()
    for day in (first + offset * _DAY for offset in range(_HORIZON_DAYS)):
        for fold in (0, 1):
            found.add(datetime.combine(day, end, zone).replace(fold=fold).astimezone(UTC))
        found |= _offset_changes(zone, datetime.combine(day, time(0), UTC))
    return found


def _offset_changes(zone: ZoneInfo, day: datetime) -> set[datetime]:
    """The moment within one day (UTC) at which the zone's offset changes, to the second, if it does."""
    before, after = day, day + _DAY
    if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
        return set()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return {after}


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("a moment without a zone is ambiguous: pass an aware datetime")
    return now
