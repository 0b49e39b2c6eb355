"""The line of a thread: only its oldest unfinished delivery is due; when it ends, the next one's turn has come."""

from collections.abc import Collection
from datetime import datetime

from routing.models import Delivery, DeliveryReason, DeliveryStatus, SentryStatus
from routing.selectors.rounds import untold
from routing.services.engine import outbox
from routing.services.engine.outbox import Head


def advance(threads: Collection[int], now: datetime) -> int:
    """Make the next delivery of each thread due, where none is; returns how many became due.

    A recovery of a round that the target never heard of is cancelled instead, and the one after it gets its turn.
    Belongs into the transaction that ended the ones before; the threads are locked already.
    """
    freed = 0
    while threads:
        waiting = [head for head in outbox.heads(list(threads)) if _waits_for_nothing(head)]
        recoveries = [head for head in waiting if head.sentry_status == SentryStatus.RESOLVED]
        never_told = untold((head.thread, head.round) for head in recoveries)
        cancelled = [head for head in recoveries if (head.thread, head.round) in never_told]
        due = [head.id for head in waiting if head not in cancelled]
        if due:
            freed += Delivery.objects.filter(pk__in=due).update(due_at=now)
        _cancel(cancelled, now)
        threads = {head.thread for head in cancelled}
    return freed


def _waits_for_nothing(head: Head) -> bool:
    """Not due, not being sent, and not part of a digest that is still to come."""
    return head.status == DeliveryStatus.PENDING and head.due_at is None and head.digest is None


def _cancel(recoveries: Collection[Head], now: datetime) -> None:
    if recoveries:
        Delivery.objects.filter(pk__in=[head.id for head in recoveries]).update(
            status=DeliveryStatus.CANCELLED,
            reason=DeliveryReason.NEVER_TOLD,
            finished_at=now,
            fallback_at=None,
        )
