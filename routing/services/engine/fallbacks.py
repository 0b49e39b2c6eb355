"""Fallbacks: what a target could not be told in time is said once to its fallback, and so is the recovery."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from integrations.contract import MessageType, SentryStatus
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Target, Thread
from routing.services.engine import outbox
from routing.services.engine.copying import copy_recovery, draft, open_summed_up, open_thread, stand_in_line, told_of
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
    copies = Delivery.objects.filter(fallback_of__isnull=False, created_at__gt=now - RECENT)
    of_alerts = copies.filter(thread__is_open=True, message_type=MessageType.ALERT, round=F("thread__round"))
    of_alerts = of_alerts.exclude(sentry_status=SentryStatus.RESOLVED).filter(fallback_of__thread__is_open=False)
    told = 0
    for copy in of_alerts.select_related("fallback_of", "target"):
        told += _tell_missed([copy.fallback_of], copy, now)
    for copy in copies.filter(message_type=MessageType.SUMMARY).select_related("fallback_of", "target"):
        told += _tell_missed(told_of(copy.fallback_of) if copy.fallback_of else [], copy, now)
    return told


def _tell_missed(originals: Sequence[Delivery | None], copy: Delivery, now: datetime) -> int:
    """The recoveries of what a copy told its target of, where the copy itself opened the thread."""
    told = 0
    for original in originals:
        if original is None or original.thread_id is None or copy.target is None:
            continue
        with transaction.atomic():
            thread = _locked_threads([original], copy.target).get(original.alert_key)
            missed = thread is not None and thread.is_open and thread.opened_at == copy.created_at
            told += thread is not None and missed and copy_recovery(original, thread, copy.target, now)
    return told


def tell(delivery: int, now: datetime) -> Delivery | None:
    """Copy one delivery to its target's fallback, unless it arrived meanwhile; returns the copy, if there is one."""
    original = Delivery.objects.select_related("target__fallback").filter(pk=delivery).first()
    fallback = original.target.fallback if original and original.target else None
    firings = told_of(original) if original and fallback else []
    if fallback and firings:
        # In a transaction of its own: who waits for a new thread may hold locks that the next transaction takes.
        new = [Thread(target=fallback, alert_key=firing.alert_key) for firing in firings]
        Thread.objects.bulk_create(new, ignore_conflicts=True)
    with transaction.atomic():
        threads = _locked_threads(firings, fallback) if fallback else {}
        overdue = Delivery.objects.filter(pk=delivery, fallback_at__isnull=False)
        status = overdue.select_for_update(no_key=True).values_list("status", flat=True).first()
        overdue.update(fallback_at=None)
        if original is None or fallback is None or status not in _UNTOLD:
            return None
        thread = threads.get(original.alert_key)
        if _is_old_news(original, thread):
            return None
        copy = _copy(original, fallback, thread, now)
        if copy.message_type == MessageType.SUMMARY and copy.status != DeliveryStatus.SUPPRESSED:
            open_summed_up(firings, threads, copy)
        notify_workers()
    return copy


def _locked_threads(firings: Sequence[Delivery], fallback: Target) -> dict[str, Thread]:
    """The fallback's threads about the same problems by alert key, locked together with the firings' own."""
    keys = [firing.alert_key for firing in firings]
    theirs = [firing.thread_id for firing in firings if firing.thread_id is not None]
    ours = Thread.objects.filter(target=fallback, alert_key__in=keys)
    outbox.lock_threads([*theirs, *ours.values_list("pk", flat=True)])
    return {thread.alert_key: thread for thread in ours.all()}


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
    copy = draft(original, fallback, now)
    if not fallback.enabled:
        copy.status, copy.reason = DeliveryStatus.SUPPRESSED, DeliveryReason.TARGET_DISABLED
        copy.due_at, copy.finished_at = None, now
        thread = None
    if thread:
        open_thread(thread, original, now)
        stand_in_line(copy, thread)
    copy.save()
    if thread:
        copy_recovery(original, thread, fallback, now)
    return copy
