"""The acts that a job can do: which rows they take, how much at once, and what they do to one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db.models import F, QuerySet, Value

from integrations.contract import Severity
from routing.models import BulkAct, BulkJob, Delivery, QuarantinedCall, Target
from routing.selectors import configuration, fates
from routing.services import replaying
from routing.services.acts import cancelling
from routing.services.acts.resending import Again, queue
from routing.services.bulk import rooms
from routing.services.bulk.again import Telling, tellings, why_nobody
from routing.services.engine.waking import notify_workers

LATER: Final = "later"
"""What an act answers for a row that has to wait for room."""

_ALWAYS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. `do` answers "" for a row that is done, LATER, or why it is left out."""

    permission: str
    """What an account needs to begin it, to stop it, and for it to go on."""
    fates: Callable[["QuerySet[Any]"], "QuerySet[Any]"]
    """The rows with their fate: see `selectors.fates`."""
    do: Callable[[BulkJob, int, datetime], str]
    room: Callable[[int, datetime], int] = lambda lane, now: _ALWAYS
    object_id: str = "pk"
    """The column with what `do` is called with; rows that share it are one."""
    lane: Any = field(default_factory=lambda: Value(0))
    is_one_transaction: bool = True
    """False for an act that makes transactions of its own; a crash may repeat it."""


def _resend(job: BulkJob, row: int, now: datetime) -> str:
    delivery = Delivery.objects.select_related("target", "inbound").filter(pk=row).first()
    if delivery is None:
        return "gone"
    target = delivery.target
    if target is None:
        return "target_gone"
    if not target.enabled:
        return "target_disabled"
    if Delivery.objects.filter(resend_of=delivery, status__in=fates.TOLD).exists():
        return "sent_again"
    queue(Again.as_it_was(delivery, job=job), target, now)
    Delivery.objects.filter(pk=delivery.pk).update(awaits_summary=False)
    notify_workers()
    return ""


def _resend_now(job: BulkJob, row: int, now: datetime) -> str:
    inbounds = fates.inbounds_to_decide([row])
    original = Delivery.objects.select_related("inbound").filter(inbound=row).order_by("id").first()
    if not inbounds or original is None:
        return "gone"
    found = tellings(inbounds[0], fates.told_targets([row]), configuration.current(), now)
    wanted = [telling for telling in found if not telling.reason]
    if any(rooms.for_target(telling.target.id, now) < 1 for telling in wanted):
        return LATER
    targets = Target.objects.in_bulk([telling.target.id for telling in wanted])
    for telling in wanted:
        if telling.target.id in targets:
            queue(_as_decided(original, telling, job), targets[telling.target.id], now)
    if wanted:
        notify_workers()
    return why_nobody(found)


def _as_decided(original: Delivery, telling: Telling, job: BulkJob) -> Again:
    return Again(
        resend_of=original,
        severity=Severity(telling.verdict.severity),
        recovery_severity=telling.verdict.recovery_severity,
        rules=list(telling.verdict.rules),
        priority=1,
        job=job,
    )


def _cancel(job: BulkJob, row: int, now: datetime) -> str:
    delivery = Delivery.objects.filter(pk=row).first()
    if delivery is None:
        return "gone"
    return "" if cancelling.end_waiting(delivery, now) else "not_waiting"


def _reprocess(job: BulkJob, row: int, now: datetime) -> str:
    if not replaying.mark_undecided(row):
        return "decided"
    notify_workers()
    return ""


def _replay(job: BulkJob, row: int, now: datetime) -> str:
    call = QuarantinedCall.objects.select_related("source").filter(pk=row, replayed_at__isnull=True).first()
    if call is None:
        return "gone"
    return "" if replaying.replay_quarantined(call, job.user or job.actor).status < 300 else "refused_again"


def _deciding(lane: int, now: datetime) -> int:
    return rooms.for_deciding(now)


ACTS: Mapping[str, Act] = {
    BulkAct.RESEND: Act(
        permission="routing.resend_delivery",
        fates=fates.of_resending,
        do=_resend,
        room=rooms.for_target,
        lane=F("target_id"),
    ),
    BulkAct.RESEND_NOW: Act(
        permission="routing.resend_delivery", fates=fates.of_deciding_again, do=_resend_now, object_id="inbound_id"
    ),
    BulkAct.CANCEL: Act(permission="routing.cancel_delivery", fates=fates.of_cancelling, do=_cancel),
    BulkAct.REPROCESS: Act(
        permission="routing.reprocess_inbound", fates=fates.of_reprocessing, do=_reprocess, room=_deciding
    ),
    BulkAct.REPLAY: Act(
        permission="routing.replay_quarantinedcall",
        fates=fates.of_replaying,
        do=_replay,
        room=_deciding,
        is_one_transaction=False,
    ),
}
