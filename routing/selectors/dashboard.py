"""The numbers of the dashboard: sums that add up, and what needs a person first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from routing.models import (
    Delivery,
    DeliveryStatus,
    Inbound,
    InboundStatus,
    Notice,
    Project,
    Rule,
    Source,
    Target,
    Thread,
    Worker,
)
from routing.selectors.sick_rules import sick_rules

PERIOD = timedelta(hours=24)
LISTED = 20


@dataclass(frozen=True, slots=True)
class Sum:
    """One number with its name and the list behind it."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the dashboard shows, read in a handful of queries."""

    since: datetime
    inbounds: list[Sum]
    duplicates: int
    deliveries: list[Sum]
    received: int
    messages: int
    open_threads: int
    hours: list[dict[str, Any]]
    unrouted: list[dict[str, Any]]
    dead: list[Delivery]
    refusing: list[Source]
    failing: list[Target]
    notices: list[Notice]
    sick_rules: dict[str, str]
    sources: list[Source]
    targets: list[Target]
    projects: list[Project]
    workers: list[Worker]
    steps: list[dict[str, Any]]


def dashboard(now: datetime) -> Dashboard:
    """The last 24 hours, and what needs a person now."""
    since = now - PERIOD
    inbounds = Inbound.objects.filter(received_at__gte=since)
    deliveries = Delivery.objects.filter(created_at__gte=since)
    by_status = _sums(inbounds.values_list("status").annotate(n=Count("id")), InboundStatus.choices)
    sent = _sums(deliveries.values_list("status").annotate(n=Count("id")), DeliveryStatus.choices)
    return Dashboard(
        since=since,
        inbounds=by_status,
        received=sum(part.count for part in by_status),
        duplicates=sum(inbounds.filter(duplicate_count__gt=0).values_list("duplicate_count", flat=True)),
        deliveries=sent,
        messages=sum(part.count for part in sent),
        open_threads=Thread.objects.filter(is_open=True).count(),
        hours=_hours(inbounds, deliveries, now),
        unrouted=_unrouted(inbounds),
        dead=list(deliveries.filter(status__in=["dead", "expired"]).select_related("inbound").order_by("-id")[:LISTED]),
        refusing=list(Source.objects.filter(refused_count__gt=0)),
        failing=list(Target.objects.filter(Q(consecutive_failures__gt=0) | Q(broken_since__isnull=False))),
        notices=list(Notice.objects.filter(over_at__isnull=True, last_at__gte=since)[:LISTED]),
        sick_rules=_sick(now),
        sources=list(Source.objects.exclude(name="hook")[:LISTED]),
        targets=_targets_with_backlog(),
        projects=list(Project.objects.select_related("source").order_by("-id")[:LISTED]),
        workers=list(Worker.objects.order_by("-beat_at")[:LISTED]),
        steps=_steps(),
    )


def _sick(now: datetime) -> dict[str, str]:
    found = sick_rules(now)
    return {rule.name: found[rule.pk] for rule in Rule.objects.filter(pk__in=found)}


def _sums(rows: Iterable[tuple[str, int]], choices: Iterable[tuple[str, Any]]) -> list[Sum]:
    counts = dict(rows)
    return [Sum(code, str(label), counts.get(code, 0)) for code, label in choices]


def _hours(inbounds: Any, deliveries: Any, now: datetime) -> list[dict[str, Any]]:
    """Received and delivered an hour, oldest first: the chart's data and its table."""
    first = (now - PERIOD).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=offset) for offset in range(24)]
    received = _per_hour(inbounds.values_list("received_at", flat=True).iterator(5000), first)
    delivered = deliveries.filter(status=DeliveryStatus.DELIVERED)
    sent = _per_hour(delivered.values_list("created_at", flat=True).iterator(5000), first)
    return [{"hour": hour, "received": received.get(i, 0), "delivered": sent.get(i, 0)} for i, hour in enumerate(hours)]


def _per_hour(moments: Iterable[datetime], first: datetime) -> dict[int, int]:
    counts: dict[int, int] = {}
    for moment in moments:
        index = int((moment - first) // timedelta(hours=1))
        counts[index] = counts.get(index, 0) + 1
    return counts


def _unrouted(inbounds: Any) -> list[dict[str, Any]]:
    rows = inbounds.filter(status=InboundStatus.UNROUTED).values("source_name", "project_slug")
    return list(rows.annotate(count=Count("id")).order_by("-count")[:LISTED])


def _targets_with_backlog() -> list[Target]:
    waiting = Count("deliveries", filter=Q(deliveries__finished_at__isnull=True))
    return list(Target.objects.annotate(waiting=waiting).order_by("name"))


def _steps() -> list[dict[str, Any]]:
    """The checklist of the first day, by the real state: code and whether it is done."""
    sources = Source.objects.exclude(name="hook")
    return [
        {"code": "source", "done": sources.exists()},
        {"code": "target", "done": Target.objects.exists()},
        {"code": "tested", "done": Target.objects.filter(last_success_at__isnull=False).exists()},
        {"code": "webhook", "done": Inbound.objects.exists()},
        {"code": "rule", "done": _goes_somewhere()},
        {"code": "delivered", "done": Delivery.objects.filter(status="delivered", is_test=False).exists()},
    ]


def _goes_somewhere() -> bool:

    has_default = Source.objects.filter(default_targets__isnull=False).exists()
    return has_default or Rule.objects.filter(enabled=True, targets__isnull=False).exists()
