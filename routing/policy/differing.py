"""What one course of things gives a target that another does not, and how much it has to take in an hour."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from integrations.contract import Limits
from routing.policy.cases import Course, Told

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Moved(NamedTuple):
    """A message that one course has and the other has not."""

    told: Told
    held_back: str | None
    """Why the other course held it back; None where it did not go to this target at all."""


class Kept(NamedTuple):
    """A message that both courses have."""

    before: Told
    after: Told


@dataclass(frozen=True, slots=True)
class Difference:
    """What changes for one target, each message named by its inbound; summaries count in the forecast alone."""

    gained: list[Moved] = field(default_factory=list)
    lost: list[Moved] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    @property
    def severity_changes(self) -> list[Kept]:
        """The kept messages whose severity changes."""
        return [kept for kept in self.kept if kept.before.severity != kept.after.severity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Messages an hour, on the assumption that what comes is like what came."""

    messages: int
    per_hour_mean: float
    per_hour_peak: int
    """In the busiest sixty minutes, wherever they begin."""
    per_minute_peak: int
    limit_per_hour: float
    """What the limits let through in an hour; 0 is no limit."""
    is_over: bool
    """True where the busiest hour or minute brings more than the limits let through."""


def compare(before: Course, after: Course) -> dict[str, Difference]:
    """Target name -> what changes for it, for every target that either course has to do with."""
    old, new = _by_target(before), _by_target(after)
    found: dict[str, Difference] = {}
    for name in sorted({*old, *new}):
        was, becomes, difference = old.get(name, {}), new.get(name, {}), Difference()
        for inbound in sorted({*was, *becomes}):
            _place(difference, was.get(inbound), becomes.get(inbound))
        found[name] = difference
    return found


def forecast(moments: Iterable[datetime], *, since: datetime, until: datetime, limits: Limits) -> Forecast:
    """How many messages an hour these are, in a period of which at least an hour is counted."""
    times = sorted(moments)
    hour, minute, limit = _peak(times, HOUR), _peak(times, MINUTE), hourly(limits)
    return Forecast(
        messages=len(times),
        per_hour_mean=round(len(times) / max((until - since) / HOUR, 1), 2),
        per_hour_peak=hour,
        per_minute_peak=minute,
        limit_per_hour=limit,
        is_over=bool((limit and hour > limit) or (limits.per_minute and minute > limits.per_minute)),
    )


def hourly(limits: Limits) -> float:
    """Messages an hour that both limits let through; 0 is no limit."""
    return min((rate for rate in (limits.per_second * 3600, limits.per_minute * 60) if rate > 0), default=0)


def _by_target(course: Course) -> Mapping[str, Mapping[int, Told]]:
    found: dict[str, dict[int, Told]] = {}
    for told in course.told:
        target = found.setdefault(told.target, {})
        if told.inbound is not None:
            target[told.inbound] = told
    return found


def _place(difference: Difference, was: Told | None, becomes: Told | None) -> None:
    is_old, is_new = was is not None and not was.reason, becomes is not None and not becomes.reason
    if was and becomes and is_old and is_new:
        difference.kept.append(Kept(was, becomes))
    elif was and is_old:
        difference.lost.append(Moved(was, becomes.reason if becomes else None))
    elif becomes and is_new:
        difference.gained.append(Moved(becomes, was.reason if was else None))


def _peak(times: list[datetime], span: timedelta) -> int:
    """The most moments within any one span."""
    first = peak = 0
    for last, moment in enumerate(times):
        while moment - times[first] >= span:
            first += 1
        peak = max(peak, last - first + 1)
    return peak
