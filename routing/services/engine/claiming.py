"""Claims: who is sending which delivery, until when, and what a dead worker leaves behind."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from routing.models import Attempt, Delivery, DeliveryStatus
from routing.selectors.known_targets import KnownTarget
from routing.services.engine import limiting, outbox
from routing.services.engine.outbox import Picked, Queue

LEASE = timedelta(seconds=5)
"""How long a claim holds without being renewed: what a dead worker was sending is due again after this."""

RENEW_SECONDS = 1.5
"""How often what is still being sent is renewed; three may fail before a lease ends."""

LOST = "lost"
"""The outcome of an attempt whose worker never told how it ended."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A ready target, and how many of its deliveries there is room for."""

    queue: Queue
    known: KnownTarget
    amount: int
    only: tuple[int, ...] = ()
    """When only these are asked for."""


def claim(wishes: Sequence[Wish], *, token: str, live: Collection[str], now: datetime) -> list[int]:
    """Put due deliveries under `token` for one lease, no more of a target than wished for; returns their ids.

    `live` are the tokens this worker is still sending under: a clock that jumped must not make it repeat itself.
    A delivery whose lease ran out gets an attempt `lost`, and is marked as perhaps a duplicate from then on.
    """
    with transaction.atomic():
        picked = [row for wish in wishes for row in _admitted(wish, live, now)]
        if picked:
            record_lost([row for row in picked if row.status == DeliveryStatus.SENDING])
            outbox.mark([row.id for row in picked], claim=token, until=now + LEASE)
    return [row.id for row in picked]


def record_lost(rows: Sequence[Picked]) -> None:
    """Write down the attempts of which nobody will tell any more how they ended: their repeats may be duplicates."""
    if not rows:
        return
    Attempt.objects.bulk_create(
        Attempt(delivery_id=row.id, number=row.attempt_count, started_at=row.due_at - LEASE, outcome=LOST)
        for row in rows
    )
    Delivery.objects.filter(pk__in=[row.id for row in rows]).update(maybe_duplicate=True)


def renew(claims: Mapping[int, str], now: datetime) -> None:
    """Prolong the leases of deliveries (id -> token) that are still being sent; a lost claim stays lost."""
    if not claims:
        return
    with transaction.atomic():
        mine = Delivery.objects.filter(pk__in=claims, claim__in=set(claims.values()), status=DeliveryStatus.SENDING)
        ids = list(mine.select_for_update(skip_locked=True, no_key=True).order_by("id").values_list("id", flat=True))
        Delivery.objects.filter(pk__in=ids).update(due_at=now + LEASE)


def release(claims: Mapping[int, str], now: datetime) -> None:
    """Give back claims under which nothing was sent, as if they had never been made."""
    if claims:
        mine = Delivery.objects.filter(pk__in=claims, claim__in=set(claims.values()), status=DeliveryStatus.SENDING)
        mine.update(status=DeliveryStatus.PENDING, claim="", due_at=now, attempt_count=F("attempt_count") - 1)


def release_dead(worker: str, now: datetime) -> int:
    """Make due at once what a worker that is known to be dead was sending; returns how many."""
    theirs = Delivery.objects.filter(
        due_at__isnull=False, status=DeliveryStatus.SENDING, claim__startswith=f"{worker}."
    )
    return theirs.update(due_at=now)


def _admitted(wish: Wish, live: Collection[str], now: datetime) -> list[Picked]:
    rows = outbox.pick(wish.queue.target, limit=wish.amount, now=now, only=wish.only)
    rows = [row for row in rows if row.status != DeliveryStatus.SENDING or row.claim not in live]
    return rows[: limiting.admit(wish.queue, wish.known, wanted=len(rows), now=now)]
