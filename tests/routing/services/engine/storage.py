"""Alerts as receiving stores them, without receiving."""

from datetime import datetime, timedelta

from integrations.contract import Alert, SentryStatus, Severity
from routing.models import Delivery, Inbound, Source, Target, Thread
from routing.policy.alerts import to_json


def store(
    target: Target,
    *,
    now: datetime,
    key: str = "issue-1",
    resolved: bool = False,
    severity: Severity | str = Severity.WARNING,
    project: str = "web",
    fallback_minutes: float | None = None,
    inbound: Inbound | None = None,
    **columns: object,
) -> Delivery:
    """One alert for one target: thread, inbound and delivery, as the storing transaction writes them."""
    thread, _ = Thread.objects.get_or_create(target=target, alert_key=key)
    status = SentryStatus.RESOLVED if resolved else SentryStatus.TRIGGERED
    severity = Severity.OK if resolved else severity
    if not resolved:
        thread.round += 0 if thread.is_open else 1
        thread.title, thread.link, thread.project_slug = f"Error {key}", f"https://sentry.example/{key}/", project
        thread.environment = "production"
    thread.is_open = not resolved
    is_behind = Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists()
    inbound = inbound or store_inbound(key=key, status=status, project=project, now=now)
    delivery = Delivery.objects.create(
        **{
            "inbound": inbound,
            "target": target,
            "target_name": target.name,
            "kind": target.kind,
            "thread": thread,
            "round": thread.round,
            "sequence": thread.next_sequence,
            "severity": severity,
            "sentry_status": status,
            "alert_key": key,
            "project_slug": project,
            "rules": ["rule one"],
            "priority": 0 if severity is Severity.CRITICAL else 1,
            "created_at": now,
            "due_at": None if is_behind else now,
            "expires_at": now + timedelta(hours=24),
            "fallback_at": now + timedelta(minutes=fallback_minutes) if fallback_minutes else None,
            **columns,
        }
    )
    thread.next_sequence += 1
    thread.save()
    return delivery


def store_inbound(*, key: str, status: SentryStatus, project: str, now: datetime) -> Inbound:
    alert = Alert(
        resource="issue" if status is SentryStatus.RESOLVED else "event_alert",
        action="resolved" if status is SentryStatus.RESOLVED else "triggered",
        sentry_status=status,
        alert_key=key,
        title=f"Error {key}",
        level="error",
        environment=None if status is SentryStatus.RESOLVED else "production",
        project_slug=project,
        issue_id="4400000001",
        link=f"https://sentry.example/{key}/",
    )
    source = Source.objects.get(name="hook")
    return Inbound.objects.create(
        source=source, source_name=source.name, received_at=now, status="routed", alert=to_json(alert), alert_key=key
    )
