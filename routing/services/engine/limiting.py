"""How many deliveries a target takes now: its limits and its breaker, shared by all processes and hosts."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from routing.models import Delivery, DeliveryStatus, Target
from routing.policy.breaking import Breaker, admitted
from routing.policy.limiting import slots
from routing.selectors.known_targets import KnownTarget
from routing.services.engine.outbox import Queue


def ready_at(queue: Queue, known: KnownTarget, now: datetime) -> datetime:
    """When the target takes its next delivery, as far as limits and breaker go; `now` at the earliest."""
    ready = max(now, queue.probe_at) if queue.probe_at else now
    if not known.is_limited:
        return ready
    grant = slots(
        now_us=microseconds(now),
        second_tat=queue.second_tat,
        minute_tat=queue.minute_tat,
        limits=known.limits,
        wanted=0,
    )
    return max(ready, datetime.fromtimestamp(grant.next_free_us / 1_000_000, now.tzinfo))


def admit(queue: Queue, known: KnownTarget, *, wanted: int, now: datetime) -> int:
    """Take up to `wanted` slots of a target and of all that share its address; 0 while another worker is at it.

    Belongs into the transaction that claims. Waits for no lock, so it can be no part of a deadlock.
    """
    if not wanted or not (known.is_limited or queue.probe_at):
        return wanted
    with transaction.atomic(savepoint=False):
        rows = _locked(known)
        own = next((row for row in rows if row.pk == known.id), None)
        if own is None or len(rows) < _sharing(known).count():
            return 0
        breaker = breaker_of(own)
        in_flight = _in_flight(known.id, now) if breaker.is_probing else 0
        wanted = admitted(breaker, wanted=wanted, in_flight=in_flight, now=now)
        return _granted(known, rows, wanted, now) if known.is_limited and wanted else wanted


def takes(queue: Queue, known: KnownTarget, *, wanted: int, now: datetime) -> int:
    """How many of the wanted deliveries a target would take now, as far as its queue tells; nothing is taken."""
    wanted = min(wanted, 1) if queue.probe_at else wanted
    if not known.is_limited:
        return wanted
    return slots(
        now_us=microseconds(now),
        second_tat=queue.second_tat,
        minute_tat=queue.minute_tat,
        limits=known.limits,
        wanted=wanted,
    ).granted


def breaker_of(target: Target) -> Breaker:
    """What is remembered of a target's failures."""
    return Breaker(
        consecutive_failures=target.consecutive_failures,
        failing_since=target.failing_since,
        probe_at=target.probe_at,
        probe_seconds=target.probe_seconds,
    )


def microseconds(moment: datetime) -> int:
    """Microseconds since the epoch, as the columns of the limits hold them."""
    return round(moment.timestamp() * 1_000_000)


def _sharing(known: KnownTarget) -> QuerySet[Target]:
    if known.address_digest:
        return Target.objects.filter(address_digest=known.address_digest)
    return Target.objects.filter(pk=known.id)


def _locked(known: KnownTarget) -> list[Target]:
    locked = _sharing(known).select_for_update(skip_locked=True, no_key=True).order_by("id")
    return list(locked.only("second_tat", "minute_tat", *Breaker.__slots__))


def _granted(known: KnownTarget, rows: list[Target], wanted: int, now: datetime) -> int:
    second_tat, minute_tat = max(row.second_tat for row in rows), max(row.minute_tat for row in rows)
    grant = slots(
        now_us=microseconds(now), second_tat=second_tat, minute_tat=minute_tat, limits=known.limits, wanted=wanted
    )
    if not grant.granted:
        return 0
    unmoved = _sharing(known).filter(second_tat__lte=second_tat, minute_tat__lte=minute_tat)
    moved = unmoved.update(second_tat=grant.second_tat, minute_tat=grant.minute_tat)
    return grant.granted if moved == len(rows) else 0


def _in_flight(target: int, now: datetime) -> int:
    return Delivery.objects.filter(target=target, status=DeliveryStatus.SENDING, due_at__gt=now).count()
