"""The numbers of the dashboard: sums that add up, and what needs a person first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import TruncHour

from routing.models import (
    ClientSecret,
    Delivery,
    DeliveryStatus,
    Inbound,
    InboundStatus,
    Notice,
    QuarantinedCall,
    Rule,
    Source,
    Target,
    Thread,
)
from routing.selectors.sick_rules import sick_rules
from routing.selectors.wellbeing import Sender, Wellbeing, quiet, wellbeing

PERIOD = timedelta(hours=24)
LISTED = 20
SHOWN_OVER_TIME = (DeliveryStatus.DELIVERED, DeliveryStatus.DEAD, DeliveryStatus.SUPPRESSED, DeliveryStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Sum:
    """One number with its name and the list behind it."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the dashboard shows, read in a handful of queries."""

    now: datetime
    since: datetime
    inbounds: list[Sum]
    duplicates: int
    deliveries: list[Sum]
    received: int
    messages: int
    open_threads: int
    hours: list[dict[str, Any]]
    unrouted: list[dict[str, Any]]
    dead: list[dict[str, Any]]
    refusing: list[Source]
    failing: list[Target]
    notices: list[Notice]
    sick_rules: dict[str, str]
    quiet: list[Sender]
    health: Wellbeing
    steps: list[dict[str, Any]]


def dashboard(now: datetime) -> Dashboard:
    """The last 24 hours, and what needs a person now."""
    since = now - PERIOD
    inbounds = Inbound.objects.filter(received_at__gte=since)
    deliveries = Delivery.objects.filter(created_at__gte=since)
    health = wellbeing(now)
    by_status = _sums(inbounds.values_list("status").annotate(n=Count("id")), InboundStatus.choices)
    sent = _sums(deliveries.values_list("status").annotate(n=Count("id")), DeliveryStatus.choices)
    return Dashboard(
        now=now,
        since=since,
        inbounds=by_status,
        received=sum(part.count for part in by_status),
        duplicates=sum(inbounds.filter(duplicate_count__gt=0).values_list("duplicate_count", flat=True)),
        deliveries=sent,
        messages=sum(part.count for part in sent),
        open_threads=Thread.objects.filter(is_open=True).count(),
        hours=_hours(inbounds, deliveries, now),
        unrouted=_unrouted(inbounds),
        dead=_dead(deliveries),
        refusing=list(Source.objects.filter(refused_count__gt=0)),
        failing=list(Target.objects.filter(Q(consecutive_failures__gt=0) | Q(broken_since__isnull=False))),
        notices=list(Notice.objects.filter(over_at__isnull=True, last_at__gte=since)[:LISTED]),
        sick_rules=_sick(now),
        quiet=quiet([*health.sources, *health.projects]),
        health=health,
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
    first = (now - PERIOD).astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = [first + timedelta(hours=offset) for offset in range(24)]
    received = _per_hour(inbounds, "received_at")
    sent = {status: _per_hour(deliveries.filter(status=status), "created_at") for status in SHOWN_OVER_TIME}
    unrouted = _per_hour(inbounds.filter(status=InboundStatus.UNROUTED), "received_at")
    return [
        {
            "hour": hour,
            "received": received.get(hour, 0),
            "unrouted": unrouted.get(hour, 0),
            **{str(status): counts.get(hour, 0) for status, counts in sent.items()},
        }
        for hour in hours
    ]


def _per_hour(rows: Any, column: str) -> dict[datetime, int]:
    hour = TruncHour(column, tzinfo=UTC)
    return dict(rows.order_by().annotate(hour=hour).values_list("hour").annotate(Count("id")))


def _dead(deliveries: Any) -> list[dict[str, Any]]:
    """What was given up, by target and reason, the most first, each with the newest."""
    rows = deliveries.filter(status__in=[DeliveryStatus.DEAD, DeliveryStatus.EXPIRED])
    rows = rows.order_by().values("target", "target_name", "status", "reason")
    return list(rows.annotate(count=Count("id"), newest=Max("id")).order_by("-count")[:LISTED])


def _unrouted(inbounds: Any) -> list[dict[str, Any]]:
    rows = inbounds.filter(status=InboundStatus.UNROUTED).values("source_name", "project_slug")
    return list(rows.annotate(count=Count("id")).order_by("-count")[:LISTED])


def _steps() -> list[dict[str, Any]]:
    """The checklist of the first day, by the real state: code and whether it is done."""
    sources = Source.objects.exclude(name="hook")
    return [
        {"code": "source", "done": sources.exists()},
        {"code": "webhook", "done": Inbound.objects.exists() or QuarantinedCall.objects.exists()},
        {"code": "signature", "done": ClientSecret.objects.filter(last_used_at__isnull=False).exists()},
        {"code": "target", "done": Target.objects.exists()},
        {"code": "tested", "done": Target.objects.filter(last_success_at__isnull=False).exists()},
        {"code": "rule", "done": _goes_somewhere()},
        {"code": "delivered", "done": Delivery.objects.filter(status="delivered", is_test=False).exists()},
    ]


def _goes_somewhere() -> bool:
    has_default = Source.objects.filter(default_targets__isnull=False).exists()
    return has_default or Rule.objects.filter(enabled=True, targets__isnull=False).exists()
