"""What a job would do, before anybody confirms it: how many rows, to whom, how long it takes, and what is left out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from integrations.contract import Limits
from integrations.registry import DESTINATIONS
from routing.models import BulkAct, Target
from routing.policy.pacing import seconds_for
from routing.selectors import configuration, fates
from routing.selectors.known_targets import limits_of
from routing.services.bulk.acts import ACTS
from routing.services.bulk.again import tellings
from routing.services.bulk.jobs import MOST

LOOKED_AT = 1000
"""Alerts that a plan decides again, the oldest: more would take longer than a person waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPlan:
    """What one target would be told."""

    target: Target
    count: int
    seconds: float
    """How long it takes under the target's limits while nothing else is sent there."""

    @property
    def trouble(self) -> str:
        """`off`, `broken` (needs a person) or `failing`; "" for a target that is well."""
        if not self.target.enabled:
            return "off"
        if self.target.broken_since:
            return "broken"
        return "failing" if self.target.consecutive_failures else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a job would do."""

    act: str
    found: int
    total: int
    """How many rows it would take on; for alerts that are decided again, how many webhooks."""
    left_out: Mapping[str, int]
    """Why rows are left out: code -> how many."""
    targets: tuple[TargetPlan, ...] = ()
    looked_at: int = 0
    """How many alerts were decided again for `targets`; fewer than `total` when there are too many."""
    untold: Mapping[str, int]
    """Of those, the ones that nobody would be told of, and targets that would not be told: code -> how many."""

    @property
    def is_too_large(self) -> bool:
        """True when one job does not take so many."""
        return self.found > MOST

    @property
    def seconds(self) -> float:
        """How long it takes: targets are told side by side."""
        return max((target.seconds for target in self.targets), default=0.0)

    @property
    def is_partial(self) -> bool:
        """True when the targets are those of a part only."""
        return 0 < self.looked_at < self.total


def plan(act: str, rows: "QuerySet[Any]", now: datetime) -> Plan:
    """The plan of an act for the rows of a list; writes nothing."""
    found = rows.order_by()[: MOST + 1].count()
    if found > MOST:
        return Plan(act=act, found=found, total=0, left_out={}, untold={})
    kind = ACTS[act]
    with_fate = kind.fates(rows)
    left_out: Counter[str] = Counter()
    lanes: Counter[int] = Counter()
    for fate, lane, count in (
        with_fate.annotate(act_lane=kind.lane).values_list("fate", "act_lane").annotate(Count("pk"))
    ):
        if fate:
            left_out[fate] += count
        else:
            lanes[lane] += count
    if act == BulkAct.RESEND_NOW:
        return _decided_again(with_fate.filter(fate=""), found, dict(left_out), now)
    counts = lanes if act == BulkAct.RESEND else Counter()
    return Plan(act=act, found=found, total=lanes.total(), left_out=dict(left_out), targets=_targets(counts), untold={})


def _decided_again(chosen: "QuerySet[Any]", found: int, left_out: dict[str, int], now: datetime) -> Plan:
    inbounds = chosen.order_by("inbound_id").values_list("inbound_id", flat=True).distinct()
    ids = list(inbounds[:LOOKED_AT])
    told, snapshot = fates.told_targets(ids), configuration.current()
    counts: Counter[int] = Counter()
    untold: Counter[str] = Counter()
    for inbound in fates.inbounds_to_decide(ids):
        made = tellings(inbound, told, snapshot, now)
        counts.update(telling.target.id for telling in made if not telling.reason)
        untold.update([telling.reason for telling in made if telling.reason] or ([] if made else ["unmatched"]))
    return Plan(
        act=BulkAct.RESEND_NOW,
        found=found,
        total=inbounds.count(),
        left_out=left_out,
        targets=_targets(counts),
        looked_at=len(ids),
        untold=dict(untold),
    )


def _targets(counts: Mapping[int, int]) -> tuple[TargetPlan, ...]:
    rows = Target.objects.in_bulk(list(counts))
    found = [
        TargetPlan(target=rows[number], count=count, seconds=seconds_for(count, _limits(rows[number])))
        for number, count in counts.items()
        if number in rows
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.target.name)))


def _limits(target: Target) -> Limits:
    destination = DESTINATIONS.get(target.kind)
    return limits_of(target.options, destination) if destination else Limits()
