"""The numbers for monitoring, read from the database: the same from whichever process answers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from routing.models import (
    Attempt,
    Delivery,
    DeliveryReason,
    DeliveryStatus,
    Inbound,
    InboundStatus,
    Source,
    Target,
    Thread,
    Worker,
)
from routing.selectors.workers import STALE_AFTER, WorkState, work_state

WINDOW = timedelta(hours=1)
"""How far back the log is counted."""
MOST_ROWS = 20_000
"""Rows of each log that are looked at, the newest; so a scrape costs the same with any traffic and any retention."""
SAMPLE = 1_000
"""Deliveries, the newest, from which waiting times are told."""
LONGEST_LIFE = timedelta(hours=25)
"""Older deliveries have ended long ago: they expire after 24 hours."""

Counts: TypeAlias = Sequence[tuple[tuple[str, ...], int]]
"""Label values and how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What one log says of the last hour, or of as much of it as was looked at."""

    counts: Counts
    seconds: float
    """The span that the counts cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Everything that `/metrics` tells, as of `at`."""

    at: datetime
    work: WorkState
    inbounds: Log
    """By status, reason."""
    duplicates: int
    """Repeated calls for the inbounds that were counted."""
    deliveries: Log
    """By target, kind, status, reason."""
    attempts: Log
    """By kind, outcome, reason, provider code."""
    given_up: Counts
    """Ended dead or expired in the last hour, whenever they began: by target, kind, status, reason."""
    backlog: Counts
    """Unfinished deliveries by target, kind, state: sending, due, later, behind, paused."""
    undecided: int
    oldest_undecided_at: datetime | None
    open_threads: Counts
    """By target, kind."""
    targets: Sequence[Target]
    sources: Sequence[Source]
    """With `last_inbound_at`."""
    workers: Sequence[Worker]
    """Those with a fresh heartbeat."""
    first_attempt_after: Sequence[float] = field(default_factory=tuple)
    """Sorted seconds from storing to the first attempt, for the newest deliveries."""
    stored_after: Sequence[float] = field(default_factory=tuple)
    """Sorted seconds from the receipt of a webhook to its stored deliveries, for the newest deliveries."""
    delivered_after: Sequence[float] = field(default_factory=tuple)
    """Sorted seconds from the receipt of a webhook to its delivery, for the newest deliveries."""


def read_metrics(now: datetime) -> Metrics:
    """All numbers at `now`, in some fifteen queries of bounded cost; raises DatabaseError when the database is away."""
    inbounds, inbounds_seconds = _recent(Inbound.objects.all(), "received_at", now)
    deliveries, deliveries_seconds = _recent(Delivery.objects.all(), "created_at", now)
    attempts, attempts_seconds = _recent(Attempt.objects.all(), "started_at", now)
    waiting = Inbound.objects.filter(status=InboundStatus.RECEIVED)
    undecided = waiting.aggregate(count=Count("pk"), oldest=Min("received_at"))
    return Metrics(
        at=now,
        work=work_state(now),
        inbounds=Log(counts=_count(inbounds, "status", "reason"), seconds=inbounds_seconds),
        duplicates=inbounds.aggregate(total=Sum("duplicate_count"))["total"] or 0,
        deliveries=Log(counts=_count(deliveries, *_DELIVERY_LABELS), seconds=deliveries_seconds),
        attempts=Log(
            counts=_count(attempts, "delivery__kind", "outcome", "reason", "provider_code"), seconds=attempts_seconds
        ),
        given_up=_given_up(now),
        backlog=_backlog(now),
        undecided=undecided["count"],
        oldest_undecided_at=undecided["oldest"],
        open_threads=_count(Thread.objects.filter(is_open=True), "target__name", "target__kind"),
        targets=list(Target.objects.order_by("name").only(*_TARGET_COLUMNS)),
        sources=list(_sources()),
        workers=list(Worker.objects.filter(beat_at__gt=now - STALE_AFTER)),
        first_attempt_after=_first_attempt_after(now),
        stored_after=_stored_after(now),
        delivered_after=_delivered_after(now),
    )


_DELIVERY_LABELS = ("target_name", "kind", "status", "reason")
_TARGET_COLUMNS = (
    "name",
    "kind",
    "enabled",
    "consecutive_failures",
    "broken_since",
    "probe_at",
    "last_success_at",
)


def _recent(rows: QuerySet[Any], moment: str, now: datetime) -> tuple[QuerySet[Any], float]:
    """The rows of the last hour, at most MOST_ROWS of them, and the seconds that they cover."""
    since = now - WINDOW
    first = (rows.aggregate(newest=Max("pk"))["newest"] or 0) - MOST_ROWS
    left_out: datetime | None = rows.filter(pk__lte=first).order_by("-pk").values_list(moment, flat=True).first()
    covered = WINDOW if left_out is None or left_out <= since else now - left_out
    return rows.filter(**{"pk__gt": first, f"{moment}__gte": since}).order_by(), covered.total_seconds()


def _count(rows: QuerySet[Any, Any], *labels: str) -> Counts:
    found = rows.order_by().values_list(*labels).annotate(Count("pk"))
    return [(tuple(str(label) for label in row[:-1]), row[-1]) for row in found]


def _given_up(now: datetime) -> Counts:
    ended = Delivery.objects.filter(
        status__in=[DeliveryStatus.DEAD, DeliveryStatus.EXPIRED],
        created_at__gte=now - LONGEST_LIFE,
        finished_at__gte=now - WINDOW,
    )
    return _count(ended, *_DELIVERY_LABELS)


def _backlog(now: datetime) -> Counts:
    state = Case(
        When(status=DeliveryStatus.SENDING, then=Value("sending")),
        When(target__enabled=False, then=Value("paused")),
        When(due_at__isnull=True, then=Value("behind")),
        When(due_at__lte=now, then=Value("due")),
        default=Value("later"),
        output_field=CharField(),
    )
    unfinished = Delivery.objects.filter(finished_at__isnull=True).annotate(state=state)
    return _count(unfinished, "target_name", "kind", "state")


def _sources() -> QuerySet[Source]:
    newest = Inbound.objects.filter(source=OuterRef("pk")).order_by("-pk").values("received_at")[:1]
    last = Subquery(newest, output_field=DateTimeField())
    return Source.objects.order_by("name").only("name", "refused_count").annotate(last_inbound_at=last)


def _newest(model: type[Model]) -> int:
    """The id after which the newest SAMPLE rows stand."""
    return int(model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0) - SAMPLE


def _first_attempt_after(now: datetime) -> Sequence[float]:
    firsts = Attempt.objects.filter(pk__gt=_newest(Attempt), number=1, started_at__gte=now - WINDOW)
    return _seconds(firsts.order_by().values_list("delivery__created_at", "started_at"))


def _stored_after(now: datetime) -> Sequence[float]:
    """Of deliveries that the webhook itself made: not what was resent, copied or summed up later."""
    made = Delivery.objects.filter(
        pk__gt=_newest(Delivery),
        created_at__gte=now - WINDOW,
        inbound__isnull=False,
        fallback_of__isnull=True,
        resend_of__isnull=True,
    )
    return _seconds(made.order_by().values_list("inbound__received_at", "created_at"))


def _delivered_after(now: datetime) -> Sequence[float]:
    told = Delivery.objects.filter(
        Q(fallback_of__isnull=True, resend_of__isnull=True),
        pk__gt=_newest(Delivery),
        status=DeliveryStatus.DELIVERED,
        finished_at__gte=now - WINDOW,
    ).exclude(reason=DeliveryReason.IN_DIGEST)
    began = Coalesce("inbound__received_at", "created_at")
    return _seconds(told.order_by().values_list(began, "finished_at"))


def _seconds(pairs: QuerySet[Any, Any]) -> Sequence[float]:
    return sorted(max(0.0, (end - begin).total_seconds()) for begin, end in pairs)
