"""What the next shift has to know: what is still open, and what happened in a span of time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from routing.models import AuditEntry, Delivery, DeliveryStatus, Inbound, InboundStatus, Silence, Thread

LISTED = 50
"""Rows that a list of the page shows at most."""


@dataclass(frozen=True, slots=True)
class Part:
    """One state with how many there are."""

    code: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Shift:
    """What happened from `since` until `until`, which is not included."""

    since: datetime
    until: datetime
    inbounds: list[Part]
    deliveries: list[Part]
    opened: list[Thread]
    """Opened in the span and still open, oldest first."""
    lost: list[Delivery]
    """Given up, newest first."""
    closed: list[AuditEntry]
    """Closed by hand."""
    silences: list[Silence]
    """Ranges that touch the span."""

    @property
    def received(self) -> int:
        """All webhooks of the span."""
        return sum(part.count for part in self.inbounds)

    @property
    def messages(self) -> int:
        """All deliveries of the span."""
        return sum(part.count for part in self.deliveries)


def last_told(threads: Collection[int]) -> dict[int, datetime]:
    """Thread id -> when its target was last told something, by a message of its own or by a summary; others are left out."""
    rows = Delivery.objects.filter(thread__in=threads).order_by().values_list("thread")
    moments = rows.annotate(
        alone=Max("finished_at", filter=Q(status=DeliveryStatus.DELIVERED)),
        summed_up=Max("summary__finished_at", filter=Q(summary__status=DeliveryStatus.DELIVERED)),
    )
    return {thread: max(filter(None, told)) for thread, *told in moments if any(told)}


def shift(since: datetime, until: datetime) -> Shift:
    """The span in numbers that add up, and what a person should look at."""
    inbounds = Inbound.objects.filter(received_at__gte=since, received_at__lt=until)
    deliveries = Delivery.objects.filter(created_at__gte=since, created_at__lt=until)
    opened = Thread.objects.filter(is_open=True, opened_at__gte=since, opened_at__lt=until)
    lost = deliveries.filter(status__in=[DeliveryStatus.DEAD, DeliveryStatus.EXPIRED]).select_related("inbound")
    closed = AuditEntry.objects.filter(action="close_thread", at__gte=since, at__lt=until)
    silences = Silence.objects.filter(starts_at__lt=until, ends_at__gt=since).select_related("author")
    return Shift(
        since=since,
        until=until,
        inbounds=_parts(inbounds, InboundStatus.choices),
        deliveries=_parts(deliveries, DeliveryStatus.choices),
        opened=list(opened.select_related("target").order_by("opened_at")[:LISTED]),
        lost=list(lost.defer("inbound__alert", "inbound__decision", "inbound__traceback").order_by("-id")[:LISTED]),
        closed=list(closed.order_by("-id")[:LISTED]),
        silences=list(silences.order_by("starts_at")[:LISTED]),
    )


def _parts(rows: QuerySet[Any], choices: Any) -> list[Part]:
    counts = dict(rows.order_by().values_list("status").annotate(Count("id")))
    return [Part(code, str(label), counts.get(code, 0)) for code, label in choices]
