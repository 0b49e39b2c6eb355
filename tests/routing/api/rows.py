"""Rows of the log that the API shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from routing.models import Attempt, Delivery, Inbound, Source, Target, Thread

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def inbound(number: int = 1, **columns: Any) -> Inbound:
    """An inbound that was routed."""
    source, _ = Source.objects.get_or_create(name="acme")
    alert = {
        "alert_key": f"k{number}",
        "sentry_status": "triggered",
        "title": "boom",
        "project_slug": "web",
        "tags": {"browser": ["Chrome"], "user": ["a", "b"]},
    }
    values = {
        "source": source,
        "source_name": "acme",
        "project_slug": "web",
        "resource": "event_alert",
        "action": "triggered",
        "status": "routed",
        "reason": "matched",
        "alert_key": f"k{number}",
        "alert": alert,
        "decision": {"reason": "matched"},
        "received_at": AT + timedelta(minutes=number),
    }
    return Inbound.objects.create(**{**values, **columns})


def delivery(of: Inbound, **columns: Any) -> Delivery:
    """A delivery that was made at the second attempt."""
    target, _ = Target.objects.get_or_create(name="team", kind="feishu")
    thread, _ = Thread.objects.get_or_create(
        target=target, alert_key=of.alert_key, defaults={"is_open": True, "opened_at": AT, "project_slug": "web"}
    )
    values = {
        "inbound": of,
        "target": target,
        "target_name": "team",
        "kind": "feishu",
        "thread": thread,
        "status": "delivered",
        "severity": "warning",
        "sentry_status": "triggered",
        "alert_key": of.alert_key,
        "project_slug": "web",
        "rules": ["production"],
        "attempt_count": 2,
        "created_at": of.received_at,
        "finished_at": AT,
    }
    made = Delivery.objects.create(**{**values, **columns})
    Attempt.objects.create(
        delivery=made, number=1, started_at=AT, outcome="retry", reason="server_error", http_status=500
    )
    Attempt.objects.create(delivery=made, number=2, started_at=AT, outcome="sent", http_status=200, duration_ms=12)
    return made
