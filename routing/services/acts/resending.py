"""Resending: what has ended is sent again, as a delivery of its own at the end of its thread's line."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from integrations.contract import SentryStatus, Severity
from routing.models import BulkJob, Delivery, DeliveryStatus, Inbound, MessageType, Target, Thread
from routing.policy.retrying import expires_at
from routing.policy.specs import SeverityOrDrop
from routing.policy.threads import STATE_COLUMNS, ThreadState, open_round
from routing.selectors.recoveries import last_recoveries
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.engine.waking import notify_workers


class NotResendable(ValueError):  # noqa: N818 - said of a delivery
    """The delivery has not ended, or its target is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What is to be said once more."""

    resend_of: Delivery
    severity: Severity
    recovery_severity: SeverityOrDrop = Severity.OK
    rules: list[str]
    priority: int
    job: BulkJob | None = None

    @classmethod
    def as_it_was(cls, delivery: Delivery, *, job: BulkJob | None = None) -> "Again":
        """The same as before; in bulk it lets what is critical now go first."""
        severity = _severity(delivery)
        is_first = severity == Severity.CRITICAL and job is None
        return cls(resend_of=delivery, severity=severity, rules=delivery.rules, priority=0 if is_first else 1, job=job)


@transaction.atomic
def resend(delivery: Delivery, actor: Actor) -> Delivery:
    """Queue a finished delivery once more and return the new one; raises NotResendable.

    A firing that its target was not told of, and that is not resolved yet, opens the target's thread, so that the
    recovery goes there too.
    """
    target = delivery.target
    if delivery.finished_at is None or target is None:
        raise NotResendable("it has not ended" if target else "its target was deleted")
    again = queue(Again.as_it_was(delivery), target, timezone.now())
    Delivery.objects.filter(pk=delivery.pk).update(awaits_summary=False)
    auditing.record(actor=actor, action="resend", obj=delivery, new=again.pk)
    notify_workers()
    return again


def queue(again: Again, target: Target, now: datetime) -> Delivery:
    """Put it at the end of the line of the target's thread; belongs into a transaction."""
    thread = _locked_thread(again.resend_of, target)
    waits = thread is not None and Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists()
    if thread is not None:
        _stand_in_line(thread, again, now)
    return Delivery.objects.create(**_columns(again, target, thread, waits=waits, now=now))


def _columns(again: Again, target: Target, thread: Thread | None, *, waits: bool, now: datetime) -> dict[str, Any]:
    delivery = again.resend_of
    return {
        "resend_of": delivery,
        "bulk_job": again.job,
        "inbound_id": delivery.inbound_id,
        "target": target,
        "target_name": target.name,
        "kind": target.kind,
        "thread": thread,
        "round": thread.round if thread else 0,
        "sequence": thread.next_sequence - 1 if thread else 0,
        "message_type": delivery.message_type,
        "message": delivery.message,
        "severity": again.severity,
        "sentry_status": delivery.sentry_status,
        "alert_key": delivery.alert_key,
        "project_slug": delivery.project_slug,
        "rules": again.rules,
        "priority": again.priority,
        "is_test": delivery.is_test,
        "status": DeliveryStatus.PENDING,
        "created_at": now,
        "due_at": None if waits else now,
        "expires_at": expires_at(now),
    }


def _severity(delivery: Delivery) -> Severity:
    """Its severity; what nobody was to be told of is told in the usual one."""
    if delivery.severity in set(Severity):
        return Severity(delivery.severity)
    return Severity.OK if delivery.sentry_status == SentryStatus.RESOLVED else Severity.WARNING


def _locked_thread(delivery: Delivery, target: Target) -> Thread | None:
    if delivery.message_type != MessageType.ALERT or not delivery.alert_key:
        return None
    Thread.objects.get_or_create(target=target, alert_key=delivery.alert_key)
    return Thread.objects.select_for_update(no_key=True).get(target=target, alert_key=delivery.alert_key)


def _stand_in_line(thread: Thread, again: Again, now: datetime) -> None:
    delivery = again.resend_of
    thread.next_sequence += 1
    if delivery.sentry_status != SentryStatus.RESOLVED and not thread.is_open and not _is_resolved(delivery):
        _open(thread, again, now)
    thread.save()


def _is_resolved(delivery: Delivery) -> bool:
    recovery = last_recoveries([delivery.alert_key]).get(delivery.alert_key)
    return recovery is not None and recovery > (delivery.inbound_id or 0)


def _open(thread: Thread, again: Again, now: datetime) -> None:
    delivery = again.resend_of
    state = open_round(
        ThreadState(is_open=thread.is_open, round=thread.round),
        status=SentryStatus(delivery.sentry_status),
        severity=again.severity,
        recovery_severity=again.recovery_severity,
        now=now,
    )
    for name in STATE_COLUMNS:
        setattr(thread, name, getattr(state, name))
    thread.opened_at, thread.closed_at = now, None
    alert = delivery.inbound.alert if isinstance(delivery.inbound, Inbound) and delivery.inbound.alert else {}
    thread.project_slug = delivery.project_slug
    thread.environment = (alert.get("environment") or "")[:200]
    thread.title, thread.link = (alert.get("title") or "")[:512], alert.get("link") or ""
    thread.source_name = delivery.inbound.source_name if delivery.inbound else ""
