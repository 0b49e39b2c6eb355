"""What happened to one webhook, in order, ready for a page."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from routing.models import Attempt, Delivery, Inbound
from routing.reasons import Wording, wording
from routing.selectors.waits import Wait, waits_of


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt with its meaning."""

    attempt: Attempt
    words: Wording


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery with its attempts."""

    delivery: Delivery
    words: Wording
    attempts: list[AttemptLine] = field(default_factory=list)
    wait: Wait | None = None
    """None when it has ended."""


@dataclass(frozen=True, slots=True)
class Story:
    """Decision and deliveries of one received webhook."""

    trace: dict[str, Any]
    alert: dict[str, Any]
    deliveries: list[DeliveryLine]
    earlier: list[Inbound]
    """Other webhooks about the same problem, newest first."""


LISTED = 100
"""Deliveries that one page tells of, the newest ones: a problem may come a hundred thousand times."""


def delivery_lines(deliveries: Any) -> list[DeliveryLine]:
    """The newest LISTED deliveries with attempts, oldest first, in a handful of queries."""
    rows = deliveries.select_related("target__fallback", "digest", "fallback_of", "resend_of", "summary").order_by(
        "-id"
    )[:LISTED]
    rows = list(rows.prefetch_related(Prefetch("attempts", Attempt.objects.order_by("number", "id"))))
    waits = waits_of(rows, timezone.now())
    return [
        DeliveryLine(
            row,
            wording(row.reason),
            [AttemptLine(attempt, wording(attempt.reason)) for attempt in row.attempts.all()],
            waits.get(row.pk),
        )
        for row in reversed(rows)
    ]


def story_of(inbound: Inbound) -> Story:
    """Everything the page of one webhook tells."""
    decision = inbound.decision or {}
    same = Inbound.objects.filter(alert_key=inbound.alert_key).exclude(pk=inbound.pk).order_by("-id")
    return Story(
        trace=decision.get("trace", decision),
        alert=inbound.alert or {},
        deliveries=delivery_lines(Delivery.objects.filter(inbound=inbound)),
        earlier=list(same.defer("alert", "decision", "traceback")[:20]) if inbound.alert_key else [],
    )
