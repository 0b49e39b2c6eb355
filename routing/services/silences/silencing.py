"""The end of a silence: each target is told once of what was held back and is still unresolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from integrations.contract import Alert, Listing, Message, MessageType, Severity
from integrations.registry import DESTINATIONS
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Silence
from routing.policy import alerts
from routing.policy.deciding import silence_of
from routing.policy.listings import listing_to_json
from routing.policy.retrying import expires_at
from routing.policy.threads import open_round
from routing.policy.windows import silence_end, silence_holds
from routing.selectors import configuration
from routing.selectors.held_back import Group, HeldBack, groups, held_back, inbounds_of
from routing.selectors.recoveries import last_recoveries
from routing.selectors.snapshot import Snapshot, TargetEntry
from routing.services.engine.waking import notify_workers
from routing.services.silences.summaries import Problem, listing_of, loudest, problems_of, recovery_severity_of
from routing.services.storing.concerns import Concern
from routing.services.storing.rows import fallback_time
from routing.services.storing.threads import Threads
from routing.statements import Statement, ask, carry_out, ids_of, is_postgres, marks, new_ids

AT_ONCE = 2000
"""Firings in one summary; more make a further one, since nobody else can write on SQLite meanwhile."""

_TRY_ALONE = "SELECT pg_try_advisory_xact_lock(7403001)"
_SUM_UP = """
UPDATE routing_delivery SET awaits_summary = FALSE, summary_id = %s,
    thread_id = (SELECT id FROM routing_thread WHERE target_id = %s AND alert_key = routing_delivery.alert_key),
    round = COALESCE(
        (SELECT round FROM routing_thread WHERE target_id = %s AND alert_key = routing_delivery.alert_key), round)
WHERE id IN {ids}"""


def send_due_summaries(now: datetime) -> int:
    """Sum up what silences held back that are over, changed or deleted; returns how many summaries there are to send.

    Safe to run in several workers at once: what is summed up once is never summed up again.
    """
    waiting = groups()
    if not waiting:
        return 0
    snapshot = configuration.current()
    return sum([_sum_up(group, snapshot, now) for group in waiting if _is_over(group, snapshot, now)])


def _is_over(group: Group, snapshot: Snapshot, now: datetime) -> bool:
    spec = snapshot.silences.get(group.silence_id or 0)
    return spec is None or not silence_holds(spec, now)


@transaction.atomic
def _sum_up(group: Group, snapshot: Snapshot, now: datetime) -> bool:
    with connection.cursor() as cursor:
        if not _is_alone(cursor):
            return False
        rows, target = held_back(group, AT_ONCE), snapshot.targets.get(group.target_id or 0)
        summary = None
        if target is not None and _is_wanted(group):
            rows = _hand_over(rows, snapshot, now)
            summary = _tell(cursor, group, target, rows, now)
        Delivery.objects.filter(pk__in=[row.id for row in rows]).update(awaits_summary=False)
        return summary is not None and summary.status == DeliveryStatus.PENDING


def _is_alone(cursor: CursorWrapper) -> bool:
    """True when no other worker sums up at this moment; SQLite lets only one write at all."""
    if not is_postgres():
        return True
    cursor.execute(_TRY_ALONE)
    return bool(cursor.fetchone()[0])


def _is_wanted(group: Group) -> bool:
    """False for a silence that asks for no summary; one that was deleted cannot say, and gets the usual one."""
    return not Silence.objects.filter(pk=group.silence_id or 0, summary=False).exists()


def _hand_over(rows: Sequence[HeldBack], snapshot: Snapshot, now: datetime) -> list[HeldBack]:
    """Leave what another silence holds back by now to the summary of that one; returns the rest."""
    mute = set(Silence.objects.filter(summary=False).values_list("pk", flat=True))
    holding = [
        silence
        for silence in snapshot.rules.silences
        if silence.spec.id not in mute and silence_holds(silence.spec, now)
    ]
    if not holding:
        return list(rows)
    rest, problems = [], problems_of(rows).values()
    stored = inbounds_of([problem.last.inbound_id for problem in problems])
    for problem in problems:
        told = _Told.of(problem, *stored.get(problem.last.inbound_id, ("", {}, {})))
        silence = silence_of(told.alert, source=told.source_name, silences=holding, now=now, guard=snapshot.guard)
        if silence is None:
            rest += problem.rows
            continue
        spec = snapshot.silences[silence]
        Delivery.objects.filter(pk__in=[row.id for row in problem.rows]).update(
            silence_id=spec.id, silence_name=spec.name, held_until=silence_end(spec, now)
        )
    return sorted(rest)


def _tell(
    cursor: CursorWrapper, group: Group, target: TargetEntry, rows: Sequence[HeldBack], now: datetime
) -> Delivery | None:
    if not rows:
        return None
    keys = {row.alert_key for row in rows}
    answers = ask(cursor, [*Concern(frozenset(keys)).questions(lock=True), new_ids("routing_thread", len(keys))])
    threads = Threads(answers[0], answers[1], ids_of(answers[2]))
    problems = _untold(rows, target, threads)
    if not problems:
        return None
    stored = inbounds_of([problem.last.inbound_id for problem in problems])
    told = [_Told.of(problem, *stored.get(problem.last.inbound_id, ("", {}, {}))) for problem in problems]
    listing = listing_of(group.silence_name, problems, {one.alert.alert_key: one.alert for one in told})
    summary = _summary(group, target, listing, loudest(problems), now)
    if summary.status == DeliveryStatus.PENDING:
        _open_threads(told, target, threads, now)
    summed_up = [row.id for problem in problems for row in problem.rows]
    carry_out(
        cursor,
        [
            *threads.statements(),
            Statement(_SUM_UP.format(ids=marks(summed_up)), [summary.pk, target.id, target.id, *summed_up]),
        ],
    )
    notify_workers()
    return summary


@dataclass(frozen=True, slots=True)
class _Told:
    """A problem that the summary tells of, with the alert and decision of its last firing."""

    problem: Problem
    alert: Alert
    source_name: str
    decision: Mapping[str, Any]

    @classmethod
    def of(cls, problem: Problem, source_name: str, alert: dict[str, Any], decision: dict[str, Any]) -> "_Told":
        """The problem with what the log keeps of it, which may be gone."""
        last = problem.last
        known = {"sentry_status": last.sentry_status, "alert_key": last.alert_key, "project_slug": last.project_slug}
        return cls(problem, alerts.from_json({**known, **alert}), source_name, decision)


def _untold(rows: Sequence[HeldBack], target: TargetEntry, threads: Threads) -> list[Problem]:
    """What is not resolved since, and what the target was not told of since."""
    recoveries = last_recoveries({row.alert_key for row in rows})
    remaining = []
    for row in rows:
        last_told = threads.line(target.id, row.alert_key).state.last_fired_at
        if row.inbound_id > recoveries.get(row.alert_key, 0) and (last_told is None or last_told <= row.created_at):
            remaining.append(row)
    return list(problems_of(remaining).values())


def _summary(group: Group, target: TargetEntry, listing: Listing, severity: Severity, now: datetime) -> Delivery:
    kind, opened = DESTINATIONS.get(target.kind), target.settings
    key = sha256(f"summary\n{group.silence_id}\n{group.silence_name}\n{now.isoformat()}".encode()).hexdigest()[:40]
    message = Message(type=MessageType.SUMMARY, severity=severity, alert_key=key, listing=listing)
    is_possible = kind is None or opened is None or not kind.unsupported(message, opened)
    summary = Delivery.objects.create(
        target_id=target.id,
        target_name=target.name,
        kind=target.kind,
        message_type=MessageType.SUMMARY,
        message=listing_to_json(listing),
        severity=severity,
        alert_key=key,
        silence_id=group.silence_id,
        silence_name=group.silence_name,
        priority=0 if severity == Severity.CRITICAL else 1,
        status=DeliveryStatus.PENDING if is_possible else DeliveryStatus.SUPPRESSED,
        reason="" if is_possible else DeliveryReason.UNSUPPORTED_BY_MODE,
        created_at=now,
        due_at=now if is_possible else None,
        finished_at=None if is_possible else now,
        expires_at=expires_at(now) if is_possible else None,
        fallback_at=fallback_time(target, severity, now) if is_possible else None,
    )
    link = f"{settings.PUBLIC_URL}/admin/routing/delivery/{summary.pk}/change/"
    Delivery.objects.filter(pk=summary.pk).update(message=listing_to_json(replace(listing, link=link)))
    return summary


def _open_threads(told: Sequence[_Told], target: TargetEntry, threads: Threads, now: datetime) -> None:
    for one in told:
        line = threads.line(target.id, one.alert.alert_key)
        state = open_round(
            line.state,
            status=one.alert.sentry_status,
            severity=one.problem.severity,
            recovery_severity=recovery_severity_of(one.decision, target.id),
            now=now,
        )
        threads.open(line, state, one.alert, one.source_name, now)
