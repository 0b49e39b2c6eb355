"""Storms: waiting firings are folded into one digest, which says exactly how many there were.

While folded, a firing waits for its digest (no time of its own, `digest` set). It ends when the digest ends: delivered
with it, given up with it when the target takes nothing at all, or sent alone when only the digest was refused.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from hashlib import sha256
from typing import NamedTuple

from django.db import transaction

from integrations.contract import Severity
from routing.models import Delivery, DeliveryStatus, MessageType, SentryStatus, Target
from routing.policy.retrying import expires_at
from routing.policy.storms import ALONE_AFTER_REFUSAL, CROWD, LATELY, is_storm, next_digest_at
from routing.selectors.known_targets import KnownTarget
from routing.services.engine import outbox
from routing.services.engine.limiting import microseconds
from routing.services.engine.outbox import Queue

CHUNK = 100
"""Rows changed in one transaction: on SQLite everybody else waits for it. What to change is read before."""

ABOUT_CONTENT = ("content_refused", "content_audit", "too_large", "mention_refused", "refused")
"""Reasons that speak about a message, not about the target."""


class _Waiting(NamedTuple):
    id: int
    thread: int
    status: str
    sentry_status: str
    message_type: str
    priority: int
    severity: str
    digest: int | None


_COLUMNS = ("id", "thread_id", "status", "sentry_status", "message_type", "priority", "severity", "digest_id")


class Folded(Enum):
    """What a step of folding came to."""

    NOTHING = "nothing"
    TO_GO = "to go"
    """Into a digest that may go at once."""
    TO_WAIT = "to wait"
    """Into a digest whose time has yet to come."""
    MORE = "more"
    """There is more to fold than one step takes."""


def fold(queue: Queue, known: KnownTarget, now: datetime) -> Folded:
    """Fold what waits for a target when it is too much."""
    waiting, has_digest = outbox.crowd(queue.target, enough=CROWD + 1)
    if not (has_digest or _is_storm(queue, known, waiting, now)):
        return Folded.NOTHING
    if _refused_lately(queue.target, now):
        return Folded.NOTHING
    due = _due_firings(queue.target)
    critical = sum(row.priority == 0 for row in due)
    with_critical = critical > 0 and _is_storm(queue, known, critical, now)
    chosen = _foldable(due, with_critical=with_critical)
    digest = _fold(queue.target, chosen, now) if chosen else None
    if digest is None:
        return Folded.NOTHING
    if len(due) == CHUNK:
        return Folded.MORE
    return Folded.TO_WAIT if digest.due_at and digest.due_at > now else Folded.TO_GO


def _fold(target: int, chosen: Sequence[_Waiting], now: datetime) -> Delivery | None:
    """Put what was chosen into the digest that waits, or a new one; None when another worker is at it."""
    with transaction.atomic():
        locked = Target.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=target).first()
        lines = _locked_lines(chosen) if locked else set()
        kept = [row for row in chosen if row.thread in lines]
        digest = _open_digest(target) if kept else None
        if locked is None or not kept or (digest is None and len(kept) == 1):
            return None
        digest = digest or _new_digest(locked, now)
        add(digest, [(row.id, row.severity) for row in kept])
    return digest


def _is_storm(queue: Queue, known: KnownTarget, waiting: int, now: datetime) -> bool:
    return is_storm(
        waiting,
        limits=known.limits,
        second_tat=queue.second_tat,
        minute_tat=queue.minute_tat,
        now_us=microseconds(now),
    )


def _refused_lately(target: int, now: datetime) -> bool:
    digests = Delivery.objects.filter(target=target, message_type=MessageType.DIGEST, status=DeliveryStatus.DEAD)
    return digests.filter(finished_at__gt=now - ALONE_AFTER_REFUSAL, reason__in=ABOUT_CONTENT).exists()


def _due_firings(target: int) -> list[_Waiting]:
    """The first due firings of a target."""
    due = Delivery.objects.filter(
        target=target,
        due_at__isnull=False,
        status=DeliveryStatus.PENDING,
        message_type=MessageType.ALERT,
        thread__isnull=False,
    )
    firings = due.exclude(sentry_status=SentryStatus.RESOLVED).order_by("priority", "due_at")
    return [_Waiting(*row) for row in firings.values_list(*_COLUMNS)[:CHUNK]]


def _foldable(due: Sequence[_Waiting], *, with_critical: bool) -> list[_Waiting]:
    """The due firings and those in line behind them, up to the first that must be said on its own.

    A line with a critical alert in it is left alone while critical alerts can go alone: the alert must not wait longer.
    """
    lines: dict[int, list[_Waiting]] = {row.thread: [] for row in due}
    unfinished = Delivery.objects.filter(thread__in=lines, finished_at__isnull=True).order_by("thread", "id")
    for row in map(_Waiting._make, unfinished.values_list(*_COLUMNS)[: 2 * CHUNK]):
        lines[row.thread].append(row)
    chosen: list[_Waiting] = []
    for line in lines.values():
        if with_critical or not any(row.priority == 0 for row in line):
            chosen += _leading_firings(line)
    return chosen[:CHUNK]


def _locked_lines(chosen: Iterable[_Waiting]) -> set[int]:
    """Lock the due one of each line; the lines in which it still waits, and is in no other worker's hands."""
    waiting = Delivery.objects.filter(
        pk__in=[row.id for row in chosen], due_at__isnull=False, status=DeliveryStatus.PENDING
    )
    return set(waiting.select_for_update(skip_locked=True, no_key=True).values_list("thread_id", flat=True))


def _leading_firings(line: Iterable[_Waiting]) -> list[_Waiting]:
    leading: list[_Waiting] = []
    for row in line:
        if row.status != DeliveryStatus.PENDING or row.digest or row.sentry_status == SentryStatus.RESOLVED:
            break
        leading.append(row)
    return leading


def _open_digest(target: int) -> Delivery | None:
    waiting = Delivery.objects.filter(target=target, priority=0, due_at__isnull=False, status=DeliveryStatus.PENDING)
    return waiting.filter(message_type=MessageType.DIGEST).select_for_update(skip_locked=True).first()


def _new_digest(target: Target, now: datetime) -> Delivery:
    lately = Delivery.objects.filter(
        target=target, message_type=MessageType.DIGEST, status=DeliveryStatus.DELIVERED, created_at__gt=now - LATELY
    )
    ended = sorted(filter(None, lately.values_list("finished_at", flat=True)))
    return Delivery.objects.create(
        target=target,
        target_name=target.name,
        kind=target.kind,
        message_type=MessageType.DIGEST,
        severity=Severity.INFO,
        alert_key=sha256(f"digest:{target.pk}:{now.isoformat()}".encode()).hexdigest(),
        priority=0,
        created_at=now,
        due_at=next_digest_at(lately=len(ended), last_finished_at=ended[-1] if ended else None, now=now),
        expires_at=expires_at(now),
    )


def add(digest: Delivery, chosen: Sequence[tuple[int, str]]) -> int:
    """Let those of the chosen (id, severity) that still wait alone wait for the digest; returns how many.

    Belongs into a transaction that holds the digest.
    """
    alone = Delivery.objects.filter(pk__in=[pk for pk, _ in chosen], status=DeliveryStatus.PENDING, digest__isnull=True)
    count = alone.update(digest=digest, due_at=None)
    loudest = max(
        [Severity(severity) for _, severity in chosen] + [Severity(digest.severity)], key=lambda one: one.loudness
    )
    Delivery.objects.filter(pk=digest.pk).update(severity=loudest)
    return count
