"""How connections, projects, targets and workers are: last sign of life, what waits, and since when something is wrong."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db.models import Count, Min, OuterRef, Subquery

from routing.models import Delivery, Inbound, InboundStatus, Notice, Project, Source, Target, Worker
from routing.selectors.snapshot import HOOK_SOURCE
from routing.selectors.workers import STALE_AFTER

Noticed: TypeAlias = frozenset[str]
"""Causes of notices that last: `quiet:` and a name."""

LISTED = 20
LOOKED_AT = 500
"""Projects that are looked at, the latest made first: each costs a look into an index."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and since when the oldest has waited."""

    count: int = 0
    oldest_at: datetime | None = None

    def with_more(self, count: int, oldest_at: datetime) -> "Backlog":
        """Both together."""
        return Backlog(self.count + count, min(self.oldest_at or oldest_at, oldest_at))


NOTHING = Backlog()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A connection or project."""

    row: Source | Project
    last_at: datetime | None
    backlog: Backlog
    is_quiet: bool
    """True when it is expected to be heard of more often than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A target."""

    row: Target
    backlog: Backlog
    paused_since: datetime | None
    """When it was switched off; None while it is on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """A worker."""

    row: Worker
    is_stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellbeing:
    """All of them."""

    sources: list[Sender]
    projects: list[Sender]
    targets: list[Receiver]
    workers: list[Hand]
    lag_since: datetime | None
    """Since when the oldest message that could be sent has been due; None when nothing is."""


def wellbeing(now: datetime) -> Wellbeing:
    """How everybody is at `now`; reads what waits, which is little, and the ends of indexes."""
    waiting = _waiting()
    noticed = frozenset(
        Notice.objects.filter(cause__startswith="quiet:", over_at__isnull=True).values_list("cause", flat=True)
    )
    due = Delivery.objects.filter(due_at__lte=now, status="pending", target__enabled=True)
    return Wellbeing(
        sources=_sources(waiting["source"], noticed, now),
        projects=_projects(waiting["project"], noticed, now),
        targets=_targets(waiting["target"]),
        workers=[Hand(row=row, is_stale=now - row.beat_at >= STALE_AFTER) for row in _workers()],
        lag_since=due.aggregate(oldest=Min("due_at"))["oldest"],
    )


def quiet(senders: Iterable[Sender]) -> list[Sender]:
    """Those that should have been heard of."""
    return [sender for sender in senders if sender.is_quiet]


def _waiting() -> dict[str, dict[Any, Backlog]]:
    """Unfinished deliveries and undecided webhooks by source, by source and project, and by target."""
    found: dict[str, dict[Any, Backlog]] = {name: defaultdict(Backlog) for name in ("source", "project", "target")}
    unfinished = Delivery.objects.filter(finished_at__isnull=True).order_by()
    rows = unfinished.values_list("inbound__source_id", "project_slug", "target_id")
    for source, project, target, count, oldest in rows.annotate(Count("id"), Min("created_at")):
        for name, key in (("source", source), ("project", (source, project)), ("target", target)):
            found[name][key] = found[name][key].with_more(count, oldest)
    undecided = Inbound.objects.filter(status=InboundStatus.RECEIVED).order_by().values_list("source_id")
    for source, count, oldest in undecided.annotate(Count("id"), Min("received_at")):
        found["source"][source] = found["source"][source].with_more(count, oldest)
    return found


def _sources(waiting: dict[Any, Backlog], noticed: Noticed, now: datetime) -> list[Sender]:
    heard = [(row, _last_of(row)) for row in Source.objects.order_by("name")]
    return [
        _sender(row, last_at, waiting.get(row.pk, NOTHING), noticed, now)
        for row, last_at in heard
        if row.name != HOOK_SOURCE or last_at is not None
    ]


def _last_of(source: Source) -> datetime | None:
    """A query for each: asked for all at once, Postgres walks the whole log for one that has none."""
    return Inbound.objects.filter(source=source.pk).order_by("-id").values_list("received_at", flat=True).first()


def _projects(waiting: dict[Any, Backlog], noticed: Noticed, now: datetime) -> list[Sender]:
    """The quiet ones first, then those that were heard of last."""
    heard = Inbound.objects.filter(project_slug=OuterRef("slug"), source=OuterRef("source")).order_by("-id")
    rows = Project.objects.select_related("source").order_by("-id")[:LOOKED_AT]
    found = [
        _sender(row, row.last_at, waiting.get((row.source_id, row.slug), NOTHING), noticed, now)
        for row in rows.annotate(last_at=Subquery(heard.values("received_at")[:1]))
    ]
    long_ago = now - timedelta(days=36_500)
    found.sort(key=lambda one: (one.is_quiet, one.last_at or long_ago), reverse=True)
    return found[:LISTED]


def _sender(
    row: Source | Project, last_at: datetime | None, backlog: Backlog, noticed: Noticed, now: datetime
) -> Sender:
    """Quiet for longer than set, or noticed by the watch, which knows what is usual."""
    minutes = row.silence_after_minutes
    is_late = bool(minutes) and now - (last_at or row.created_at) > timedelta(minutes=minutes or 0)
    name = f"{row.source.name}/{row.slug}" if isinstance(row, Project) else row.name
    return Sender(row=row, last_at=last_at, backlog=backlog, is_quiet=is_late or f"quiet:{name}" in noticed)


def _targets(waiting: dict[Any, Backlog]) -> list[Receiver]:
    return [
        Receiver(
            row=row,
            backlog=waiting.get(row.pk, NOTHING),
            paused_since=None if row.enabled else _switched_off_at(row),
        )
        for row in Target.objects.order_by("name")
    ]


def _switched_off_at(target: Target) -> datetime:
    """When it was switched off, by its history."""
    past = target.history.order_by("history_date", "history_id")
    last_on = past.filter(enabled=True).last()
    later = past.filter(enabled=False)
    first_off = (later.filter(history_date__gt=last_on.history_date) if last_on else later).first()
    return first_off.history_date if first_off else target.updated_at


def _workers() -> list[Worker]:
    return list(Worker.objects.order_by("-beat_at")[:LISTED])
