"""A target's health: what its last attempts say, and its breaker."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta

from integrations.contract import Outcome, OutcomeKind, Reason
from routing.models import Delivery, DeliveryStatus, Target
from routing.policy.breaking import FIRST_PROBE, LAST_PROBE, Breaker, after_attempt
from routing.services.delivering import Result
from routing.services.engine import outbox
from routing.services.engine.limiting import breaker_of

FRESH = timedelta(seconds=1)
"""How old a noted success may become before another one is written: a busy target's row is not rewritten all the time."""

_COLUMNS = tuple(column.name for column in fields(Breaker))
_READ = (*_COLUMNS, "name", "last_success_at", "last_failure_at", "last_failure_reason", "broken_since")


def note(results: Iterable[Result], now: datetime) -> list[str]:
    """Note what attempts say about their targets; returns the names of those that needed a person and do no more.

    Belongs into the transaction that settles: rows are locked in target order, after everything else.
    """
    by_target: dict[int, list[Result]] = defaultdict(list)
    for result in results:
        if result.outcome is not None:
            by_target[result.job.target.id].append(result)
    failing = {target for target, of_target in by_target.items() if not all(map(_is_sent, of_target))}
    # What is left is told at once and known to work: there is nothing to write.
    stale = failing.union(outbox.unwell([*by_target.keys() - failing], since=now - FRESH, now=now))
    mended = []
    targets = Target.objects.filter(pk__in=stale).only(*_READ).select_for_update(no_key=True).order_by("id")
    for target in targets if stale else ():
        was_broken = target.broken_since is not None
        _note(target, by_target[target.pk], now)
        if was_broken and target.broken_since is None:
            mended.append(str(target.name))
    return mended


def _is_sent(result: Result) -> bool:
    return result.outcome is not None and result.outcome.kind is OutcomeKind.SENT


def _note(target: Target, results: Sequence[Result], now: datetime) -> None:
    was_probing = target.probe_at is not None
    breaker = breaker_of(target)
    for result in sorted(results, key=lambda result: result.started_at):
        if result.outcome is None:
            continue
        _remember(target, result.outcome, now)
        if not result.is_ours:
            breaker = _after(breaker, result.outcome, result.started_at, now)
    for name in _COLUMNS:
        setattr(target, name, getattr(breaker, name))
    Target.objects.filter(pk=target.pk).update(**{name: getattr(target, name) for name in _READ if name != "name"})
    if was_probing and not breaker.is_probing:
        _hurry(target, now)


def _after(breaker: Breaker, outcome: Outcome, started_at: datetime, now: datetime) -> Breaker:
    breaker = after_attempt(breaker, kind=outcome.kind, started_at=started_at, now=now)
    if outcome.kind is OutcomeKind.RETRY and outcome.retry_after and outcome.retry_after > 0:
        # The other side named a time: asking sooner with the next delivery would be asking again.
        wait = min(outcome.retry_after, LAST_PROBE)
        probe_at = max(now + timedelta(seconds=wait), breaker.probe_at or now)
        return replace(breaker, probe_at=probe_at, probe_seconds=max(breaker.probe_seconds, FIRST_PROBE))
    return breaker


def _remember(target: Target, outcome: Outcome, now: datetime) -> None:
    if outcome.kind is OutcomeKind.SENT:
        target.last_success_at, target.broken_since = now, None
        return
    target.last_failure_at = now
    target.last_failure_reason = outcome.reason.value if outcome.reason else ""
    if outcome.broken:
        target.broken_since = target.broken_since or now


def _hurry(target: Target, now: datetime) -> None:
    """A target that works again is told at once what had been put off while it did not; not what it put off itself."""
    put_off = Delivery.objects.filter(target=target, due_at__gt=now, status=DeliveryStatus.PENDING)
    put_off.exclude(reason__in=["", Reason.RATE_LIMITED]).update(due_at=now)
