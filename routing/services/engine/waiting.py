"""What waits too long: deliveries that expire, and those that were forgotten in their line."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from integrations.contract import Text
from routing.models import Delivery, DeliveryReason, DeliveryStatus, MessageType, SentryStatus
from routing.services.engine import lines, outbox
from routing.services.engine.claiming import record_lost
from routing.services.engine.outbox import Picked
from routing.services.upkeep.notices import notify

BATCH = 200
SETTLED_BY_NOW = timedelta(seconds=10)
"""What is behind another delivery is looked at only when it has been there this long: the transaction that ends the
one before it may still be under way."""


def expire(now: datetime) -> int:
    """End what is past its time, in one short transaction; returns how many. What is being sent is left to its worker."""
    overdue = Delivery.objects.filter(finished_at__isnull=True, expires_at__lte=now)
    unheld = overdue.filter(~Q(status=DeliveryStatus.SENDING) | Q(due_at__lte=now))
    found = list(unheld.order_by("expires_at").values_list("pk", "thread_id")[:BATCH])
    if not found:
        return 0
    with transaction.atomic():
        threads = {thread for _, thread in found if thread}
        outbox.lock_threads(list(threads))
        locked = unheld.filter(pk__in=[pk for pk, _ in found]).select_for_update(no_key=True, of=("self",))
        rows = list(locked.select_related("target").order_by("id"))
        sending = [row for row in rows if row.status == DeliveryStatus.SENDING]
        record_lost([Picked(row.pk, row.status, row.claim, row.attempt_count, row.due_at or now) for row in sending])
        for row in rows:
            _expire(row, now)
        Delivery.objects.bulk_update(
            rows, ["status", "reason", "finished_at", "due_at", "fallback_at", "digest", "claim"], batch_size=BATCH
        )
        lines.advance(threads, now)
        for name in sorted({row.target_name for row in rows if row.message_type != MessageType.OPERATIONS}):
            notify(f"dead:{name}", _expired(name), now)
    return len(rows)


def free_stragglers(now: datetime) -> int:
    """Give their turn to those that nothing stands before any more; returns how many became due.

    Whoever ends a delivery does this at once; a crash of the process that should have is what this is for.
    """
    older = Delivery.objects.filter(thread=OuterRef("thread"), finished_at__isnull=True, pk__lt=OuterRef("pk"))
    forgotten = Delivery.objects.filter(
        finished_at__isnull=True,
        due_at__isnull=True,
        status=DeliveryStatus.PENDING,
        digest__isnull=True,
        thread__isnull=False,
        created_at__lte=now - SETTLED_BY_NOW,
    )
    threads = list(forgotten.exclude(Exists(older)).values_list("thread", flat=True)[:BATCH])
    if not threads:
        return 0
    with transaction.atomic():
        outbox.lock_threads(threads)
        return lines.advance(threads, now)


def _expire(row: Delivery, now: datetime) -> None:
    row.reason = _why(row)
    row.status, row.finished_at, row.due_at, row.claim, row.digest = DeliveryStatus.EXPIRED, now, None, "", None
    has_fallback = row.target is not None and row.target.fallback_id is not None
    is_own = row.fallback_of_id is None and row.resend_of_id is None and row.message_type != MessageType.DIGEST
    is_firing = row.sentry_status != SentryStatus.RESOLVED
    row.fallback_at = now if has_fallback and is_own and is_firing else None


def _why(row: Delivery) -> str:
    """What kept it: the trouble of its last attempt, or why there was none."""
    if row.attempt_count and row.reason not in ("", DeliveryReason.LATE_COPY):
        return row.reason
    is_paused = row.target is not None and not row.target.enabled and not row.attempt_count
    return DeliveryReason.TARGET_DISABLED if is_paused else DeliveryReason.EXPIRED


def _expired(name: str) -> Text:
    return Text(
        f"Alerts for {name} were not delivered within 24 hours. The delivery log shows them and can resend them.",
        f"发往“{name}”的告警在 24 小时内未能送达。可在推送日志中查看并重发。",
    )
