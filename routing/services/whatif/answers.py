"""What would change, target by target: for pages as objects, for machines as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from integrations.contract import Limits
from routing.policy.cases import Course, Place
from routing.policy.differing import Difference, Forecast, Kept, Moved, compare, forecast
from routing.selectors.recent import Seen

LOG, SAVED = "log", "saved"
"""What the answer compares with: what the log says became of the webhooks, or what the saved rules make of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetAnswer:
    """What changes for one target."""

    name: str
    place: Place | None
    """None for a target that would be gone."""
    difference: Difference
    before: Forecast
    after: Forecast
    """Both count what its bot's other targets say too, for they share its limits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What would change over the webhooks that came lately."""

    compared_with: str
    seen: Mapping[int, Seen]
    since: datetime
    until: datetime
    targets: tuple[TargetAnswer, ...]
    newly_unrouted: tuple[int, ...]
    newly_routed: tuple[int, ...]

    @property
    def changes_nothing(self) -> bool:
        """True where everybody would be told just the same."""
        moved = any(
            target.difference.gained or target.difference.lost or target.difference.severity_changes
            for target in self.targets
        )
        return not (moved or self.newly_unrouted or self.newly_routed)

    def to_json(self) -> dict[str, Any]:
        """The answer as plain values, webhooks named by their ids."""
        return {
            "compared_with": self.compared_with,
            "inbounds": len(self.seen),
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "changes_nothing": self.changes_nothing,
            "newly_unrouted": list(self.newly_unrouted),
            "newly_routed": list(self.newly_routed),
            "targets": [_target(target) for target in self.targets],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two courses of the same webhooks, each with the targets as they are in it."""

    before: Course
    after: Course
    places_before: Mapping[str, Place]
    places_after: Mapping[str, Place]
    since: datetime
    until: datetime

    def answer(self, compared_with: str, seen: Mapping[int, Seen]) -> Answer:
        """The difference for every target there is or was."""
        differences = compare(self.before, self.after)
        names = sorted({*differences, *self.places_before, *self.places_after})
        return Answer(
            compared_with=compared_with,
            seen=seen,
            since=self.since,
            until=self.until,
            targets=tuple([self._target(name, differences.get(name, Difference())) for name in names]),
            newly_unrouted=tuple(sorted(self.after.unrouted - self.before.unrouted)),
            newly_routed=tuple(sorted(self.before.unrouted - self.after.unrouted)),
        )

    def _target(self, name: str, difference: Difference) -> TargetAnswer:
        return TargetAnswer(
            name=name,
            place=self.places_after.get(name),
            difference=difference,
            before=self._forecast(name, self.before, self.places_before),
            after=self._forecast(name, self.after, self.places_after),
        )

    def _forecast(self, name: str, course: Course, places: Mapping[str, Place]) -> Forecast:
        place = places.get(name)
        sharing = {name} if place is None else {each.name for each in places.values() if each.budget == place.budget}
        moments = [told.at for told in course.told if not told.reason and told.target in sharing]
        return forecast(moments, since=self.since, until=self.until, limits=place.limits if place else Limits())


def _target(target: TargetAnswer) -> dict[str, Any]:
    difference, place = target.difference, target.place
    return {
        "name": target.name,
        "kind": place.kind if place else None,
        "enabled": place.enabled if place else False,
        "gained": [_moved(moved) for moved in difference.gained],
        "lost": [_moved(moved) for moved in difference.lost],
        "kept": [kept.after.inbound for kept in difference.kept],
        "severity_changes": [_changed(kept) for kept in difference.severity_changes],
        "forecast": {"before": asdict(target.before), "after": asdict(target.after)},
        "limits": {"per_second": place.limits.per_second, "per_minute": place.limits.per_minute} if place else None,
    }


def _moved(moved: Moved) -> dict[str, Any]:
    """`held_back` is the reason code with which the other side holds the message back, null where it routes elsewhere."""
    return {"inbound": moved.told.inbound, "severity": str(moved.told.severity), "held_back": moved.held_back}


def _changed(kept: Kept) -> dict[str, Any]:
    before, after = kept.before, kept.after
    return {"inbound": after.inbound, "before": str(before.severity), "after": str(after.severity)}
