"""A job's life: stored with all it has to do, worked off in bounded steps, ended by itself or by a person."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integrations.contract import Text
from routing.models import ActorKind, ApiToken, BulkItem, BulkJob, BulkReason, BulkStatus
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.bulk import rights
from routing.services.bulk.acts import ACTS, LATER, Act
from routing.services.engine.waking import notify_workers
from routing.services.storing.transaction import TROUBLE
from routing.services.upkeep.notices import in_both_languages, notify

MOST = 100_000
"""Rows that one job takes."""
CHUNK = 5_000
"""Rows noted in one transaction."""
LEASE = timedelta(seconds=10)
"""After this long without a sign another worker takes a job over."""
CLEARED = 500
"""Rows of an ended job that are cleared away at once."""
STEP_SECONDS = 0.2
"""How long a job keeps a worker from its other chores at once."""
RELAY = "relay"
"""Who stops a job whose beginner lost the right to it."""
FORGOTTEN = timedelta(minutes=10)
"""A job that is being prepared for so long was begun by a process that died."""

log = structlog.get_logger(__name__)


class TooMany(ValueError):  # noqa: N818 - said of rows
    """The filter finds more rows than a job takes."""


class NameTaken(ValueError):  # noqa: N818 - said of a name
    """There is a job of this name; `job` is it."""

    def __init__(self, job: BulkJob) -> None:
        super().__init__(job.name)
        self.job = job


def start(act: str, rows: "QuerySet[Any]", *, actor: Actor, filters: Mapping[str, str], name: str = "") -> BulkJob:
    """Store a job for what `rows` hold now and the act can be done to; raises TooMany, and then stores nothing.

    A name is given to one job ever: raises NameTaken. The caller holds no transaction: a long list is noted in several.
    """
    kind = ACTS[act]
    unless_taken(name)
    if rows.order_by()[: MOST + 1].count() > MOST:
        raise TooMany(MOST)
    job = _begin(BulkJob(act=act, filter=dict(filters), name=name), actor)
    total = _note_items(job, kind, rows)
    with transaction.atomic():
        BulkJob.objects.filter(pk=job.pk).update(total=total, status=BulkStatus.RUNNING)
        auditing.record(actor=actor, action=f"bulk_{act}", obj=job, filter=job.filter, total=total)
        notify_workers()
    job.refresh_from_db()
    return job


def cancel(job: BulkJob, *, actor: Actor, reason: str = BulkReason.CANCELLED_BY_OPERATOR) -> bool:
    """Stop a job: what it has not done is left as it is; False when it has ended."""
    with transaction.atomic():
        unfinished = BulkJob.objects.filter(pk=job.pk, finished_at__isnull=True)
        if not unfinished.update(status=BulkStatus.CANCELLED, reason=reason, finished_at=timezone.now()):
            return False
        job.refresh_from_db()
        auditing.record(actor=actor, action="bulk_stopped", obj=job, reason=reason, **_numbers(job))
    return True


def step(now: datetime) -> int:
    """Do a little of every job, and clear away what cancelled ones left; returns how many rows were dealt with.

    A job whose beginner has lost the right to it meanwhile ends here, and the operations target is told.
    """
    dealt = _clear_away(now)
    unfinished = BulkJob.objects.filter(finished_at__isnull=True, status=BulkStatus.RUNNING)
    for job in list(unfinished.order_by("id")[:10]):
        if reason := rights.lost(job, now):
            _withdraw(job, reason, now)
            continue
        is_free = Q(worked_until__isnull=True) | Q(worked_until__lte=now)
        if BulkJob.objects.filter(is_free, pk=job.pk, finished_at__isnull=True).update(worked_until=now + LEASE):
            dealt += _work(job, now)
            BulkJob.objects.filter(pk=job.pk).update(worked_until=None)
    return dealt


def unless_taken(name: str) -> None:
    """Raise NameTaken where a job has this name; the empty one is free."""
    if name and (job := BulkJob.objects.filter(name=name).first()):
        raise NameTaken(job)


def _begin(job: BulkJob, actor: Actor) -> BulkJob:
    made = auditing.entry(actor=actor, action=f"bulk_{job.act}")
    job.user_id, job.actor = made.user_id, made.actor
    if isinstance(actor, ApiToken):
        job.token, job.actor_kind = actor, ActorKind.TOKEN
    elif made.user_id is not None:
        job.actor_kind = ActorKind.USER
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        unless_taken(job.name)  # somebody was faster
        raise
    return job


def _note_items(job: BulkJob, act: Act, rows: "QuerySet[Any]") -> int:
    chosen = act.fates(rows).filter(fate="").annotate(act_object=F(act.object_id), act_lane=act.lane)
    total = after = 0
    while True:
        found = chosen.filter(**{f"{act.object_id}__gt": after}).order_by("act_object")
        part = list(found.values_list("act_object", "act_lane").distinct()[:CHUNK])
        if not part:
            return total
        BulkItem.objects.bulk_create([BulkItem(job=job, object_id=row, lane=lane) for row, lane in part])
        total, after = total + len(part), part[-1][0]


def _work(job: BulkJob, now: datetime) -> int:
    act, dealt, lane = ACTS[job.act], 0, -1
    until = monotonic() + STEP_SECONDS
    while first := job.items.filter(lane__gt=lane).order_by("lane").first():
        lane = first.lane
        if (room := act.room(lane, now)) < 1:
            continue
        for item in list(job.items.filter(lane=lane).order_by("id")[:room]):
            if monotonic() > until:
                return dealt + 1
            dealt += _deal_with(job, act, item, now)
    if not job.items.exists():
        _finish(job, now)
    return dealt


def _deal_with(job: BulkJob, act: Act, item: BulkItem, now: datetime) -> bool:
    """Do one row, and note it in the same transaction; False for one that has to wait, or was cancelled meanwhile."""
    result = "" if act.is_one_transaction else _tried(job, act, item, now)
    with transaction.atomic():
        running = BulkJob.objects.select_for_update(no_key=True).filter(pk=job.pk, finished_at__isnull=True).first()
        if running is None or not BulkItem.objects.filter(pk=item.pk).exists():
            return False
        if act.is_one_transaction:
            result = _tried(job, act, item, now)
        if result == LATER:
            return False
        BulkItem.objects.filter(pk=item.pk).delete()
        column = {"": "done", "failed": "failed"}.get(result, "left_out")
        reasons = {**running.reasons, result: running.reasons.get(result, 0) + 1} if result else running.reasons
        BulkJob.objects.filter(pk=job.pk).update(**{column: F(column) + 1}, reasons=reasons)
    return True


def _tried(job: BulkJob, act: Act, item: BulkItem, now: datetime) -> str:
    try:
        if not act.is_one_transaction:
            return act.do(job, item.object_id, now)
        with transaction.atomic():
            return act.do(job, item.object_id, now)
    except TROUBLE:
        raise
    except Exception:
        log.exception("bulk_failed", job=job.pk, row=item.object_id)
        return "failed"


def _finish(job: BulkJob, now: datetime) -> None:
    with transaction.atomic():
        unfinished = BulkJob.objects.filter(pk=job.pk, finished_at__isnull=True)
        if unfinished.update(status=BulkStatus.DONE, finished_at=now):
            job.refresh_from_db()
            auditing.record(actor=job.user or job.actor, action="bulk_finished", obj=job, **_numbers(job))


def _withdraw(job: BulkJob, reason: BulkReason, now: datetime) -> None:
    """Stop a job whose beginner may not do it any more, in the relay's own name."""
    with transaction.atomic():
        if cancel(job, actor=RELAY, reason=reason):
            why = in_both_languages(reason.label)
            english = f"Bulk job #{job.pk} of {job.actor} was stopped: {why.en}. Rows not done: {job.left}."
            chinese = f"{job.actor} 的批量任务 #{job.pk} 已停止：{why.zh}。未执行 {job.left} 条。"
            notify(f"job_stopped:{job.pk}", Text(english, chinese), now)


def _numbers(job: BulkJob) -> dict[str, Any]:
    return {
        "filter": job.filter,
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "left_out": job.left_out,
        "reasons": job.reasons,
        "left": job.left,
    }


def _clear_away(now: datetime) -> int:
    """Remove what ended jobs did not do, and end jobs whose preparation was never finished."""
    forgotten = BulkJob.objects.filter(
        status=BulkStatus.PREPARING, finished_at__isnull=True, created_at__lt=now - FORGOTTEN
    )
    if forgotten.exists():  # this is asked every second: on SQLite a write without rows waits for the lock, too
        forgotten.update(status=BulkStatus.CANCELLED, reason=BulkReason.NOT_PREPARED, finished_at=now)
    over = BulkItem.objects.filter(job__finished_at__isnull=False)
    ids = list(over.values_list("pk", flat=True)[:CLEARED])
    if ids:
        BulkItem.objects.filter(pk__in=ids).delete()
    return len(ids)
