"""What a copy for a fallback brings with it: its place in line, the fallback's open threads, and the recovery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from integrations.contract import MessageType, SentryStatus, Severity
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Target, Thread
from routing.policy.retrying import expires_at
from routing.policy.threads import STATE_COLUMNS, ThreadState, open_round


def told_of(original: Delivery) -> list[Delivery]:
    """The firings that a message tells of, as far as they have threads: itself, or what a summary sums up, one a thread."""
    if original.message_type == MessageType.ALERT:
        return [original] if original.thread_id else []
    if original.message_type != MessageType.SUMMARY:
        return []
    rows = Delivery.objects.filter(summary=original, thread__isnull=False).order_by("id")
    return list({row.thread_id: row for row in rows}.values())


def draft(original: Delivery, fallback: Target, now: datetime) -> Delivery:
    """The same for the fallback, not stored yet."""
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


def stand_in_line(copy: Delivery, thread: Thread) -> None:
    """Give the copy the next place in the fallback's line."""
    if Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists():
        copy.due_at = None
    copy.thread, copy.round, copy.sequence = thread, thread.round, thread.next_sequence
    thread.next_sequence += 1
    Thread.objects.filter(pk=thread.pk).update(next_sequence=thread.next_sequence)


def open_thread(thread: Thread, original: Delivery, now: datetime) -> None:
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


def copy_recovery(original: Delivery, thread: Thread, fallback: Target, now: datetime) -> bool:
    """Pass on the recovery of the original's round, if it has come already, and close the fallback's thread."""
    recovery = _recovery_of(original)
    if recovery is None:
        return False
    if recovery.status != DeliveryStatus.SUPPRESSED:
        copy = draft(recovery, fallback, now)
        stand_in_line(copy, thread)
        copy.save()
    Thread.objects.filter(pk=thread.pk).update(is_open=False, closed_at=now)
    return True


def _recovery_of(original: Delivery) -> Delivery | None:
    round_of = Delivery.objects.filter(thread=original.thread_id, round=original.round, pk__gt=original.pk)
    return round_of.filter(sentry_status=SentryStatus.RESOLVED).order_by("id").first()


def open_summed_up(firings: Sequence[Delivery], threads: Mapping[str, Thread], copy: Delivery) -> None:
    """Open the fallback's threads of everything that the copy of a summary tells of, as the first target's are.

    What is open at the fallback already goes on as it is. What was closed by hand meanwhile stays closed, and what has
    recovered meanwhile is told to have.
    """
    for firing in firings:
        thread = threads.get(firing.alert_key)
        if thread is None or thread.is_open or copy.target is None or not _has_an_end(firing):
            continue
        open_thread(thread, firing, copy.created_at)
        copy_recovery(firing, thread, copy.target, copy.created_at)


def _has_an_end(firing: Delivery) -> bool:
    """True when the problem's recovery is still to come, or has come as a delivery that can be copied."""
    is_open = Thread.objects.filter(deliveries=firing, is_open=True, round=firing.round).exists()
    return is_open or _recovery_of(firing) is not None
