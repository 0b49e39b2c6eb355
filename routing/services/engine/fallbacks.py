"""Fallbacks: what a target could not be told in time is said once to its fallback, and so is the recovery."""

from datetime import datetime, timedelta

from django.db import transaction

from integrations.contract import MessageType, SentryStatus, Severity
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Target, Thread
from routing.policy.retrying import expires_at
from routing.policy.threads import STATE_COLUMNS, ThreadState, open_round
from routing.services.engine import outbox
from routing.services.engine.waking import notify_workers

BATCH = 50
RECENT = timedelta(hours=25)
_UNTOLD = (DeliveryStatus.PENDING, DeliveryStatus.SENDING, DeliveryStatus.DEAD, DeliveryStatus.EXPIRED)


def tell_due(now: datetime) -> int:
    """Copy what is overdue to the fallbacks, each in a transaction of its own; returns how many were looked at."""
    overdue = Delivery.objects.filter(fallback_at__isnull=False, fallback_at__lte=now).order_by("fallback_at")
    due = list(overdue.values_list("pk", flat=True)[:BATCH])
    for delivery in due:
        tell(delivery, now)
    return len(due)


def tell_missed_recoveries(now: datetime) -> int:
    """Send the recoveries that were stored while their firing was being copied; returns how many there were.

    On Postgres the two can pass each other unseen: the one that stores sees the fallback's thread still closed.
    """
    copies = Delivery.objects.filter(
        fallback_of__isnull=False, created_at__gt=now - RECENT, thread__is_open=True, message_type=MessageType.ALERT
    ).exclude(sentry_status=SentryStatus.RESOLVED)
    told = 0
    for copy in copies.filter(fallback_of__thread__is_open=False).select_related("fallback_of"):
        with transaction.atomic():
            original = copy.fallback_of
            if original is None or original.thread_id is None or copy.thread_id is None:
                continue
            outbox.lock_threads([original.thread_id, copy.thread_id])
            thread = Thread.objects.select_related("target").get(pk=copy.thread_id)
            told += thread.is_open and _copy_recovery(original, thread, thread.target, now)
    return told


def tell(delivery: int, now: datetime) -> Delivery | None:
    """Copy one delivery to its target's fallback, unless it arrived meanwhile; returns the copy, if there is one."""
    original = Delivery.objects.select_related("target__fallback").filter(pk=delivery).first()
    fallback = original.target.fallback if original and original.target else None
    if original and fallback and original.thread_id:
        # In a transaction of its own: who waits for a new thread may hold locks that the next transaction takes.
        Thread.objects.bulk_create([Thread(target=fallback, alert_key=original.alert_key)], ignore_conflicts=True)
    with transaction.atomic():
        thread = _locked_thread(original, fallback) if original and fallback else None
        overdue = Delivery.objects.filter(pk=delivery, fallback_at__isnull=False)
        status = overdue.select_for_update(no_key=True).values_list("status", flat=True).first()
        overdue.update(fallback_at=None)
        if original is None or fallback is None or status not in _UNTOLD or _is_old_news(original, thread):
            return None
        copy = _copy(original, fallback, thread, now)
        notify_workers()
    return copy


def _locked_thread(original: Delivery, fallback: Target) -> Thread | None:
    """The fallback's thread about the same problem, locked together with the original's."""
    if original.thread_id is None:
        return None
    thread = Thread.objects.get(target=fallback, alert_key=original.alert_key)
    outbox.lock_threads([original.thread_id, thread.pk])
    thread.refresh_from_db()
    return thread


def _is_old_news(original: Delivery, thread: Thread | None) -> bool:
    """True when the fallback was told this, or has been told or is about to be told what happened after it."""
    if Delivery.objects.filter(fallback_of=original).exists():
        return True
    if thread is None or original.inbound_id is None:
        return False
    newer = Delivery.objects.filter(thread=thread, inbound__gt=original.inbound_id)
    return newer.exclude(status=DeliveryStatus.SUPPRESSED).exists()


def _copy(original: Delivery, fallback: Target, thread: Thread | None, now: datetime) -> Delivery:
    """Store the copy, and the recovery of its round if that has come already."""
    copy = _draft(original, fallback, now)
    if not fallback.enabled:
        copy.status, copy.reason = DeliveryStatus.SUPPRESSED, DeliveryReason.TARGET_DISABLED
        copy.due_at, copy.finished_at = None, now
        thread = None
    if thread:
        _open(thread, original, now)
        _stand_in_line(copy, thread)
    copy.save()
    if thread:
        _copy_recovery(original, thread, fallback, now)
    return copy


def _draft(original: Delivery, fallback: Target, now: datetime) -> Delivery:
    return Delivery(
        inbound_id=original.inbound_id,
        message_type=original.message_type,
        message=original.message,
        severity=original.severity,
        sentry_status=original.sentry_status,
        alert_key=original.alert_key,
        project_slug=original.project_slug,
        rules=original.rules,
        is_test=original.is_test,
        target=fallback,
        target_name=fallback.name,
        kind=fallback.kind,
        priority=original.priority,
        reason=DeliveryReason.LATE_COPY,
        fallback_of=original,
        created_at=now,
        expires_at=expires_at(now),
        due_at=now,
    )


def _stand_in_line(copy: Delivery, thread: Thread) -> None:
    """Give the copy the next place in the fallback's line."""
    if Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists():
        copy.due_at = None
    copy.thread, copy.round, copy.sequence = thread, thread.round, thread.next_sequence
    thread.next_sequence += 1
    Thread.objects.filter(pk=thread.pk).update(next_sequence=thread.next_sequence)


def _open(thread: Thread, original: Delivery, now: datetime) -> None:
    """The fallback's conversation about the problem begins, or goes on."""
    theirs = Thread.objects.get(deliveries=original)
    state = open_round(
        ThreadState(is_open=thread.is_open, round=thread.round),
        status=SentryStatus(original.sentry_status),
        severity=Severity(original.severity),
        recovery_severity=theirs.recovery_severity,
        now=now,
    )
    if not thread.is_open:
        thread.opened_at, thread.closed_at = now, None
    for name in STATE_COLUMNS:
        setattr(thread, name, getattr(state, name))
    for name in ("source_name", "project_slug", "environment", "title", "link"):
        setattr(thread, name, getattr(theirs, name))
    thread.save()


def _copy_recovery(original: Delivery, thread: Thread, fallback: Target, now: datetime) -> bool:
    """Pass on the recovery of the original's round, if it has come already, and close the fallback's thread."""
    round_of = Delivery.objects.filter(thread=original.thread_id, round=original.round, pk__gt=original.pk)
    recovery = round_of.filter(sentry_status=SentryStatus.RESOLVED).order_by("id").first()
    if recovery is None:
        return False
    if recovery.status != DeliveryStatus.SUPPRESSED:
        copy = _draft(recovery, fallback, now)
        _stand_in_line(copy, thread)
        copy.save()
    Thread.objects.filter(pk=thread.pk).update(is_open=False, closed_at=now)
    return True
