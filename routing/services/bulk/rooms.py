"""Room for what is done in bulk: none while something live waits for the same, and never much at once."""

from datetime import datetime

from integrations.registry import DESTINATIONS
from routing.models import Delivery, DeliveryStatus, Inbound, InboundStatus, Target
from routing.policy.pacing import MOST_AT_ONCE, at_once
from routing.selectors.known_targets import limits_of

_UNFINISHED = (DeliveryStatus.PENDING, DeliveryStatus.SENDING)


def for_target(target: int, now: datetime) -> int:
    """How many more messages of bulk jobs a target may be given now.

    A target that is off or gone has room: what is meant for it is left out at once.
    """
    row = Target.objects.filter(pk=target).only("kind", "options", "enabled", "probe_at").first()
    if row is None or not row.enabled or row.kind not in DESTINATIONS:
        return MOST_AT_ONCE
    if Delivery.objects.filter(target=target, bulk_job__isnull=True, due_at__lte=now).exists():
        return 0
    most = 1 if row.probe_at else at_once(limits_of(row.options, DESTINATIONS[row.kind]))
    ours = Delivery.objects.filter(bulk_job__isnull=False, status__in=_UNFINISHED, target=target)
    return max(0, most - ours.count())


def for_deciding(now: datetime) -> int:
    """How many more webhooks may be put before the deciding worker: none while live ones or their messages wait."""
    if Inbound.objects.filter(status=InboundStatus.RECEIVED).exists():
        return 0
    due = Delivery.objects.filter(due_at__lte=now)[:MOST_AT_ONCE].count()
    return MOST_AT_ONCE - due
