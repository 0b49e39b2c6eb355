"""Resending: what has ended is sent again, as a delivery of its own at the end of its thread's line."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.contract import SentryStatus, Severity
from routing.models import Delivery, DeliveryStatus, Inbound, MessageType, Target, Thread
from routing.policy.retrying import expires_at
from routing.policy.threads import ThreadState, open_round
from routing.selectors.recoveries import last_recoveries
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.engine.waking import notify_workers


class NotResendable(ValueError):  # noqa: N818 - said of a delivery
    """The delivery has not ended, or its target is gone."""


@transaction.atomic
def resend(delivery: Delivery, actor: Actor) -> Delivery:
    """Queue a finished delivery once more and return the new one; raises NotResendable.

    A firing that its target was not told of, and that is not resolved yet, opens the target's thread, so that the
    recovery goes there too.
    """
    target = delivery.target
    if delivery.finished_at is None or target is None:
        raise NotResendable("it has not ended" if target else "its target was deleted")
    now = timezone.now()
    thread = _locked_thread(delivery, target)
    waits = thread is not None and Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists()
    if thread is not None:
        _stand_in_line(thread, delivery, now)
    again = _copy(delivery, target, thread, waits=waits, now=now)
    Delivery.objects.filter(pk=delivery.pk).update(awaits_summary=False)
    auditing.record(actor=actor, action="resend", obj=delivery, new=again.pk)
    notify_workers()
    return again


def _copy(delivery: Delivery, target: Target, thread: Thread | None, *, waits: bool, now: datetime) -> Delivery:
    severity = _severity(delivery)
    return Delivery.objects.create(
        resend_of=delivery,
        inbound_id=delivery.inbound_id,
        target=target,
        target_name=target.name,
        kind=target.kind,
        thread=thread,
        round=thread.round if thread else 0,
        sequence=thread.next_sequence - 1 if thread else 0,
        message_type=delivery.message_type,
        message=delivery.message,
        severity=severity,
        sentry_status=delivery.sentry_status,
        alert_key=delivery.alert_key,
        project_slug=delivery.project_slug,
        rules=delivery.rules,
        priority=0 if severity == Severity.CRITICAL else 1,
        is_test=delivery.is_test,
        status=DeliveryStatus.PENDING,
        created_at=now,
        due_at=None if waits else now,
        expires_at=expires_at(now),
    )


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


def _stand_in_line(thread: Thread, delivery: Delivery, now: datetime) -> None:
    thread.next_sequence += 1
    if delivery.sentry_status != SentryStatus.RESOLVED and not thread.is_open and not _is_resolved(delivery):
        _open(thread, delivery, now)
    thread.save()


def _is_resolved(delivery: Delivery) -> bool:
    recovery = last_recoveries([delivery.alert_key]).get(delivery.alert_key)
    return recovery is not None and recovery > (delivery.inbound_id or 0)


def _open(thread: Thread, delivery: Delivery, now: datetime) -> None:
    state = open_round(
        ThreadState(is_open=thread.is_open, round=thread.round),
        status=SentryStatus(delivery.sentry_status),
        severity=_severity(delivery),
        recovery_severity=Severity.OK,
        now=now,
    )
    for name in ("is_open", "round", "last_status", "last_severity", "last_fired_at", "recovery_severity"):
        setattr(thread, name, getattr(state, name))
    thread.opened_at, thread.closed_at = now, None
    alert = delivery.inbound.alert if isinstance(delivery.inbound, Inbound) and delivery.inbound.alert else {}
    thread.project_slug = delivery.project_slug
    thread.environment = alert.get("environment", "")[:200]
    thread.title, thread.link = alert.get("title", "")[:512], alert.get("link", "")
    thread.source_name = delivery.inbound.source_name if delivery.inbound else ""
