"""Retention: what is old is removed in small batches, so that nobody waits for the write lock.

Never removed: what is undelivered or undecided, what is held back by a silence, open threads, and what their recovery
needs to know. Candidates are read before the write lock is taken, and each batch is one short transaction.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, models
from django.db.models import Exists, F, OuterRef, Q

from routing.models import (
    AuditEntry,
    BulkJob,
    Delivery,
    Inbound,
    InboundBody,
    InboundStatus,
    Notice,
    QuarantinedCall,
    SandboxCall,
    Thread,
    Trial,
    Worker,
)

BATCH = 50
"""Rows (with what hangs on them) in one transaction: a few milliseconds of the write lock."""
WALK = 500
"""Inbounds looked at in one step on the way through the digests."""
DUPLICATE_WINDOW = timedelta(days=30)
WORKER_FORGOTTEN = timedelta(days=1)

Sweep = Callable[[datetime], int]

log = structlog.get_logger(__name__)


class Pruner:
    """Remembers how far it has come, so that a step with nothing to do costs next to nothing."""

    def __init__(self) -> None:
        self.removed: Counter[str] = Counter()
        self._digests_cleared_to = 0
        self._sweeps: dict[str, Sweep] = {
            "bodies": _bodies,
            "inbounds": _inbounds,
            "deliveries": _loose_deliveries,
            "digests": self._digests,
            "refused calls": lambda now: _oldest(QuarantinedCall, "received_at", _bodies_end(now)),
            "sandbox messages": lambda now: _oldest(SandboxCall, "received_at", _bodies_end(now)),
            "audit entries": lambda now: _oldest(AuditEntry, "at", _log_end(now)),
            "bulk jobs": lambda now: _oldest(BulkJob, "finished_at", _log_end(now)),
            "test alerts": lambda now: _oldest(Trial, "created_at", _log_end(now)),
            "notices": lambda now: _some(Notice.objects.filter(last_at__lt=_log_end(now))),
            "workers": lambda now: _some(Worker.objects.filter(beat_at__lt=now - WORKER_FORGOTTEN)),
            "sessions": lambda now: _some(Session.objects.filter(expire_date__lt=now)),
        }

    def step(self, now: datetime) -> int:
        """Do one batch of the first thing that needs doing; returns how many rows, 0 when nothing is left."""
        for name, sweep in self._sweeps.items():
            if count := sweep(now):
                self.removed[name] += count
                return count
        return 0

    def _digests(self, now: datetime) -> int:
        """Walks up the inbounds that are too old to count as the first of a duplicate."""
        end = now - DUPLICATE_WINDOW
        rows = Inbound.objects.filter(pk__gt=self._digests_cleared_to, pk__lte=_last_inbound_before(end))
        walked = list(rows.order_by("pk").values_list("pk", "received_at", "body_digest", "idempotency_key")[:WALK])
        marked = [pk for pk, moment, *marks in walked if moment < end and any(mark is not None for mark in marks)]
        for start in range(0, len(marked), BATCH):
            batch = Inbound.objects.filter(pk__in=marked[start : start + BATCH])
            batch.update(body_digest=None, idempotency_key=None)
        self._digests_cleared_to = walked[-1][0] if walked else self._digests_cleared_to
        return len(walked)


def _bodies_end(now: datetime) -> datetime:
    return now - timedelta(days=settings.BODY_RETENTION_DAYS)


def _log_end(now: datetime) -> datetime:
    return now - timedelta(days=settings.LOG_RETENTION_DAYS)


def _last_inbound_before(moment: datetime) -> int:
    """An id above which nothing is that old, as far as ids rise with time: it keeps the look-ups short, no more."""
    old = Inbound.objects.filter(received_at__lt=moment).order_by("-received_at", "-pk")
    return old.values_list("pk", flat=True).first() or 0


def _bodies(now: datetime) -> int:
    end = _bodies_end(now)
    waiting = Delivery.objects.filter(inbound=OuterRef("inbound"), finished_at__isnull=True)
    undecided = Q(inbound__status=InboundStatus.RECEIVED)
    old = InboundBody.objects.filter(inbound_id__lte=_last_inbound_before(end), inbound__received_at__lt=end)
    return _some(old.exclude(undecided).exclude(Exists(waiting)).order_by("inbound_id"))


def _needed(now: datetime) -> Q:
    """Deliveries that must stay, and with them their inbound."""
    tells_what_a_recovery_follows = Q(thread__is_open=True, round=F("thread__round"))
    is_held_back = Q(awaits_summary=True)
    is_young = Q(created_at__gte=_log_end(now))
    return Q(finished_at__isnull=True) | tells_what_a_recovery_follows | is_held_back | is_young


def _inbounds(now: datetime) -> int:
    needed = Delivery.objects.filter(_needed(now), inbound=OuterRef("pk"))
    end = _log_end(now)
    old = Inbound.objects.filter(pk__lte=_last_inbound_before(end), received_at__lt=end)
    ids = list(
        old.exclude(Exists(needed))
        .exclude(status=InboundStatus.RECEIVED)
        .order_by("pk")
        .values_list("pk", flat=True)[:BATCH]
    )
    threads = set(Delivery.objects.filter(inbound__in=ids, thread__isnull=False).values_list("thread", flat=True))
    count = _remove(Inbound.objects.filter(pk__in=ids)) and len(ids)
    _forget(threads, now)
    return count


def _loose_deliveries(now: datetime) -> int:
    """Summaries, digests and messages of the relay's own belong to no inbound."""
    old = Delivery.objects.filter(inbound__isnull=True, created_at__lt=_log_end(now))
    return _some(old.exclude(pk__in=Delivery.objects.filter(_needed(now), inbound__isnull=True)))


def _forget(threads: set[int], now: datetime) -> None:
    """Remove threads that are closed, old, and have no delivery any more."""
    closed = Q(closed_at__isnull=True) | Q(closed_at__lt=_log_end(now))
    rest = Delivery.objects.filter(thread=OuterRef("pk"))
    _remove(Thread.objects.filter(closed, pk__in=threads, is_open=False).exclude(Exists(rest)))


def _oldest(model: type[models.Model], column: str, end: datetime) -> int:
    """A batch from the beginning of a table that is only ever appended to."""
    first = model._default_manager.order_by("pk").values_list("pk", column)[:BATCH]
    ids = [pk for pk, moment in first if moment is not None and moment < end]
    return _remove(model._default_manager.filter(pk__in=ids)) and len(ids)


def _some(rows: "models.QuerySet[models.Model, models.Model]") -> int:
    ids = list(rows.values_list("pk", flat=True)[:BATCH])
    return _remove(rows.model._default_manager.filter(pk__in=ids)) and len(ids)


def _remove(rows: "models.QuerySet[models.Model, models.Model]") -> int:
    """Delete in one transaction; returns 0 when a row was taken into use meanwhile, and nothing was deleted."""
    try:
        return rows.delete()[0]
    except IntegrityError as error:
        log.info("pruning put off: a row is in use again", rows=rows.model._meta.model_name, error=str(error)[:200])
        return 0


_PRUNER = Pruner()


def prune_step(now: datetime) -> int:
    """One small batch, for the worker to call again and again; 0 when nothing is left to remove."""
    return _PRUNER.step(now)
