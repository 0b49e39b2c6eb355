"""Ending a delivery by hand while it waits."""

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from routing.models import Delivery, DeliveryReason, DeliveryStatus
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.engine import lines, outbox


@transaction.atomic
def cancel(delivery: Delivery, *, actor: Actor) -> bool:
    """Cancel a delivery that waits and give the next of its thread its turn; False when it is being sent or ended."""
    if not end_waiting(delivery, timezone.now()):
        return False
    auditing.record(actor=actor, action="cancel", obj=delivery)
    return True


def end_waiting(delivery: Delivery, now: datetime) -> bool:
    """As `cancel`, for whoever writes the audit trail himself; belongs into a transaction."""
    if delivery.thread_id is not None and connection.vendor == "postgresql":
        outbox.lock_threads([delivery.thread_id])
    waiting = Delivery.objects.filter(pk=delivery.pk, status=DeliveryStatus.PENDING)
    ended = waiting.update(
        status=DeliveryStatus.CANCELLED,
        reason=DeliveryReason.CANCELLED_BY_OPERATOR,
        finished_at=now,
        due_at=None,
        fallback_at=None,
    )
    if not ended:
        return False
    if delivery.thread_id is not None:
        lines.advance([delivery.thread_id], now)
    return True
