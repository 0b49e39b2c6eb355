"""Settling: what attempts led to, written down in one transaction for all that ended together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from integrations.contract import Outcome, Text
from routing.models import Delivery, DeliveryReason, DeliveryStatus, MessageType, SentryStatus
from routing.policy.progress import Progress, progress
from routing.reasons import wording
from routing.services.delivering import Result
from routing.services.engine import health, lines, outbox
from routing.services.engine.outbox import Row
from routing.services.upkeep.notices import in_both_languages, notify, over

log = structlog.get_logger(__name__)

_UNSUPPORTED = Progress(status=DeliveryStatus.SUPPRESSED, reason=DeliveryReason.UNSUPPORTED_BY_MODE)
_FAILED = (DeliveryStatus.DEAD, DeliveryStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling leaves to be done."""

    owes_fallback: bool = False
    """True when a fallback is to be told now."""
    ended_digests: tuple[int, ...] = ()
    """Digests whose members are to be ended, too."""


@dataclass(frozen=True, slots=True)
class _Step:
    result: Result
    progress: Progress

    @property
    def row(self) -> Row:
        return self.result.job.row


def settle(results: Sequence[Result], *, now: datetime, jitter: Callable[[], float]) -> Settled:
    """Write attempts, statuses, health and notices; give the next in line its turn. `jitter` answers in [-1, 1].

    A result whose claim is no longer held changes nothing: whoever claimed the delivery since has the say.
    """
    if not results:
        return Settled()
    with transaction.atomic():
        steps = [_Step(result, _progress(result, now, jitter())) for result in results]
        outbox.lock_threads([step.row.thread for step in steps if step.row.thread and step.progress.is_finished])
        holders = outbox.held([step.row.id for step in steps])
        kept = [step for step in steps if holders.get(step.row.id) == step.result.job.claim]
        if len(kept) < len(steps):
            log.warning("claims_lost", count=len(steps) - len(kept))
        _write(kept, now)
        finished = [step for step in kept if step.progress.is_finished]
        lines.advance({step.row.thread for step in finished if step.row.thread}, now)
        mended = health.note((step.result for step in kept), now)
        _notify(kept, mended, now)
    return Settled(
        owes_fallback=any(_fallback_at(step, now) for step in finished),
        ended_digests=tuple(step.row.id for step in finished if step.row.message_type == MessageType.DIGEST),
    )


def _progress(result: Result, now: datetime, jitter: float) -> Progress:
    if result.outcome is None:
        return _UNSUPPORTED
    row = result.job.row
    return progress(
        result.outcome,
        attempts=row.attempt_count,
        simplified=row.simplified,
        created_at=row.created_at,
        now=now,
        jitter=jitter,
    )


def _write(steps: Sequence[_Step], now: datetime) -> None:
    outbox.record(_attempt(step.result, step.result.outcome) for step in steps if step.result.outcome is not None)
    outbox.mark_delivered([step.row.id for step in steps if step.progress.status == DeliveryStatus.DELIVERED], now)
    outbox.mark_waiting(
        (
            step.progress.reason,
            step.progress.due_at,
            step.progress.simplified,
            step.progress.maybe_duplicate,
            step.row.id,
        )
        for step in steps
        if step.progress.due_at is not None
    )
    outbox.mark_ended(
        (step.progress.status, step.progress.reason, now, _fallback_at(step, now), step.row.id)
        for step in steps
        if step.progress.is_finished and step.progress.status != DeliveryStatus.DELIVERED
    )
    untried = [step.row.id for step in steps if step.result.outcome is None]
    if untried:
        Delivery.objects.filter(pk__in=untried).update(attempt_count=F("attempt_count") - 1)


def _attempt(result: Result, outcome: Outcome) -> tuple[int, int, datetime, int, int | None, str, str, str, str, str]:
    row = result.job.row
    return (
        row.id,
        row.attempt_count,
        result.started_at,
        result.duration_ms,
        result.http_status,
        outcome.provider_code[:64],
        outcome.kind.value,
        outcome.reason.value if outcome.reason else "",
        result.request,
        result.response,
    )


def _fallback_at(step: _Step, now: datetime) -> datetime | None:
    """Now for what the fallback is told at once.

    A copy has no further fallback, a person watches a resend, the members of a digest are told of one by one, and a
    recovery is told to those that heard of the problem.
    """
    row = step.row
    is_own = row.fallback_of is None and row.resend_of is None and row.message_type != MessageType.DIGEST
    is_owed = is_own and row.sentry_status != SentryStatus.RESOLVED
    failed = step.progress.status in _FAILED and step.result.job.target.fallback is not None
    return now if failed and is_owed else None


def _notify(steps: Sequence[_Step], mended: Sequence[str], now: datetime) -> None:
    """Tell the operations target, but never of its own operations messages."""
    causes: dict[str, Text] = {}
    for step in steps:
        if step.progress.status in _FAILED and step.row.message_type != MessageType.OPERATIONS:
            name, outcome = step.result.job.target.name, step.result.outcome
            is_broken = outcome is not None and outcome.broken
            cause = f"broken:{name}" if is_broken else f"dead:{name}"
            causes[cause] = (_broken if is_broken else _given_up)(name, step.progress.reason)
    for cause in sorted(causes):
        notify(cause, causes[cause], now)
    for name in mended:
        over(f"broken:{name}", now)


def _given_up(name: str, reason: str) -> Text:
    why = in_both_languages(wording(reason or DeliveryStatus.EXPIRED).meaning)
    return Text(
        f"Alerts for {name} could not be delivered: {why.en}. The delivery log shows them and can resend them.",
        f"发往“{name}”的告警推送失败：{why.zh}。可在推送日志中查看并重发。",
    )


def _broken(name: str, reason: str) -> Text:
    words = wording(reason)
    why, advice = in_both_languages(words.meaning), in_both_languages(words.advice)
    return Text(f"{name} takes no more messages: {why.en}. {advice.en}", f"“{name}”不再接收消息：{why.zh}。{advice.zh}")
