"""What comes to stand behind folded firings joins their digest while it waits: it would be due only after them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery

from routing.models import Delivery, DeliveryStatus, MessageType, SentryStatus
from routing.services.engine.storms import CHUNK, add

SECOND_LOOK = timedelta(seconds=10)
"""How often everything since a digest's first member is looked through again, for what came in between unseen."""


class _Digest(NamedTuple):
    id: int
    target: int


class Joining:
    """Remembers up to where it has looked, so that a step costs the same however many wait already."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._again_at: dict[int, datetime] = {}

    def step(self, now: datetime) -> int:
        """Let some join each digest that waits, in a short transaction each; returns how many rows were looked at."""
        waiting = Delivery.objects.filter(
            message_type=MessageType.DIGEST, status=DeliveryStatus.PENDING, due_at__isnull=False, target__isnull=False
        )
        digests = [_Digest._make(row) for row in waiting.values_list("pk", "target")]
        self._seen = {digest.id: self._seen.get(digest.id, 0) for digest in digests}
        self._again_at = {digest.id: self._again_at.get(digest.id, now) for digest in digests}
        return sum([self._join(digest, now) for digest in digests])

    def _join(self, digest: _Digest, now: datetime) -> int:
        if self._again_at[digest.id] <= now:
            self._seen[digest.id], self._again_at[digest.id] = _before_first(digest.id), now + SECOND_LOOK
        found = _behind(digest, self._seen[digest.id])
        if found:
            self._seen[digest.id] = found[-1].id
        joined = _joined(digest.id, found)
        return len(found) if joined or len(found) == CHUNK else 0


class _Behind(NamedTuple):
    id: int
    severity: str
    before: int | None
    """The one that stands directly before it, and that one's digest."""
    before_in: int | None


def _before_first(digest: int) -> int:
    first = Delivery.objects.filter(digest=digest).order_by("digest", "pk").values_list("pk", flat=True).first()
    return (first or 1) - 1


def _behind(digest: _Digest, seen: int) -> list[_Behind]:
    """Firings in lines of the digest's target that are due to nobody and in no digest, the oldest first."""
    before = Delivery.objects.filter(thread=OuterRef("thread"), finished_at__isnull=True, pk__lt=OuterRef("pk"))
    behind = Delivery.objects.filter(
        target=digest.target,
        pk__gt=seen,
        status=DeliveryStatus.PENDING,
        due_at__isnull=True,
        digest__isnull=True,
        thread__isnull=False,
        priority__gt=0,
        message_type=MessageType.ALERT,
    ).exclude(sentry_status=SentryStatus.RESOLVED)
    rows = behind.order_by("pk").values_list(
        "pk",
        "severity",
        Subquery(before.order_by("-pk").values("pk")[:1]),
        Subquery(before.order_by("-pk").values("digest")[:1]),
    )
    return [_Behind._make(row) for row in rows[:CHUNK]]


def _joined(digest: int, found: Sequence[_Behind]) -> int:
    """Put those that stand behind the digest's members into it, and those behind them; returns how many."""
    chosen: dict[int, _Behind] = {}
    for row in found:
        if row.before_in == digest or row.before in chosen:
            chosen[row.id] = row
    if not chosen:
        return 0
    with transaction.atomic():
        held = Delivery.objects.filter(pk=digest, status=DeliveryStatus.PENDING).select_for_update(skip_locked=True)
        waits = held.first()
        return add(waits, [(row.id, row.severity) for row in chosen.values()]) if waits else 0
