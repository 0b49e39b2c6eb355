"""From a decision and the threads to deliveries: the part of deciding that depends on what targets were told before."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from integrations.contract import Alert, Message, MessageType, Severity
from integrations.registry import DESTINATIONS
from routing.models import DeliveryReason, InboundReason, InboundStatus
from routing.policy.specs import Decision, TargetVerdict
from routing.policy.threads import ThreadState, store_firing, store_recovery
from routing.selectors.snapshot import Snapshot, TargetEntry
from routing.services.storing.prepared import Finding, TargetReceipt
from routing.services.storing.rows import DeliveryRow, firing_row, recovery_row
from routing.services.storing.threads import ThreadLine, Threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The end of deciding one webhook, and the deliveries that follow from it."""

    status: InboundStatus
    reason: InboundReason
    decision: bytes
    """JSON for the log."""
    deliveries: Sequence[DeliveryRow] = ()

    @property
    def receipts(self) -> tuple[TargetReceipt, ...]:
        """What became of it for each target."""
        return tuple(
            [
                TargetReceipt(row["target_name"], row["status"], row["reason"], row["severity"])
                for row in self.deliveries
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What judging one alert depends on."""

    alert: Alert
    source_name: str
    is_test: bool
    snapshot: Snapshot
    threads: Threads
    now: datetime
    echoes: list[dict[str, str]] = field(default_factory=list)
    """For the trace: what targets were told already, and by which resource."""


def judge(
    finding: Finding, *, source_name: str, is_test: bool, snapshot: Snapshot, threads: Threads, now: datetime
) -> Judgement:
    """What each target is told of a webhook; changes `threads` accordingly. Raises ValueError for an undecided one."""
    if finding.alert is None or finding.status is not None:
        return _without_threads(finding)
    scene = Scene(
        alert=finding.alert,
        source_name=source_name,
        is_test=is_test or finding.alert.is_test,
        snapshot=snapshot,
        threads=threads,
        now=now,
    )
    if finding.alert.is_resolved:
        return _recovery(scene)
    if finding.decision is None:
        raise ValueError("a firing alert needs a decision")
    return _firing(scene, finding.decision, finding.decision_json)


def _without_threads(finding: Finding) -> Judgement:
    if finding.status is None or finding.reason is None:
        raise ValueError("the webhook is not decided")
    return Judgement(status=finding.status, reason=finding.reason, decision=finding.decision_json)


def _firing(scene: Scene, decision: Decision, written: bytes) -> Judgement:
    told = [
        _tell(scene, scene.snapshot.targets[verdict.target], verdict)
        for verdict in decision.verdicts
        if verdict.target in scene.snapshot.targets
    ]
    return Judgement(
        status=InboundStatus.ROUTED if told else InboundStatus.UNROUTED,
        reason=InboundReason(decision.reason),
        decision=_with_echoes(written, scene.echoes),
        deliveries=told,
    )


def _with_echoes(written: bytes, echoes: Sequence[dict[str, str]]) -> bytes:
    """The decision for the log; whom another resource told is only known once the threads are."""
    if not echoes:
        return written
    decision = orjson.loads(written)
    decision["trace"] = {**decision["trace"], "echoes": list(echoes)}
    return orjson.dumps(decision)


def _tell(scene: Scene, target: TargetEntry, verdict: TargetVerdict) -> DeliveryRow:
    if scene.is_test:
        verdict = replace(verdict, silence=None, repeat_minutes=0)
    alert, line = scene.alert, scene.threads.line(target.id, scene.alert.alert_key)
    siblings = {id(other.state): other for other in scene.threads.siblings(line, alert)}
    step = store_firing(
        line.state,
        verdict,
        status=alert.sentry_status,
        resource="" if scene.is_test or alert.is_follow_up else alert.resource,
        siblings=[other.state for other in siblings.values()],
        target_enabled=target.enabled,
        supported=can_be_told(target, scene.alert, is_test=scene.is_test),
        round_untold=line.round_untold,
        now=scene.now,
    )
    if step.echo_of is not None:
        _note_echo(scene, target, step.echo_of, siblings.get(id(step.echo_of)))
    if not step.reason:
        _open(scene, line, step.thread)
    return firing_row(
        alert=alert,
        target=target,
        verdict=verdict,
        line=line,
        reason=DeliveryReason(step.reason) if step.reason else None,
        silence=scene.snapshot.silences.get(verdict.silence or 0),
        held_until=step.held_until,
        is_test=scene.is_test,
        now=scene.now,
    )


def _open(scene: Scene, line: ThreadLine, state: ThreadState) -> None:
    """The target is told. A test is over with that: nothing will ever resolve the problem that nobody has."""
    was_open = line.state.is_open
    scene.threads.open(line, state, scene.alert, scene.source_name, scene.now)
    if scene.is_test and not was_open:
        line.close(replace(state, is_open=False), scene.now)


def _note_echo(scene: Scene, target: TargetEntry, told: ThreadState, sibling: ThreadLine | None) -> None:
    """Say in the trace who announced it before; a thread of another alert key takes the recovery of this one, too."""
    at = told.announced_at.isoformat() if told.announced_at else ""
    scene.echoes.append({"target": target.name, "announced_by": told.announced_by, "announced_at": at})
    if sibling is not None:
        sibling.echo(scene.alert.alert_key)


def _recovery(scene: Scene) -> Judgement:
    told = [row for line in scene.threads.open_lines(scene.alert.alert_key) if (row := _recover(scene, line))]
    reason = InboundReason.MATCHED if told else InboundReason.RECOVERY_WITHOUT_FIRING
    decision = {"reason": reason, "trace": {"recovery": [row["target_name"] for row in told]}}
    return Judgement(
        status=InboundStatus.ROUTED if told else InboundStatus.IGNORED,
        reason=reason,
        decision=orjson.dumps(decision),
        deliveries=told,
    )


def _recover(scene: Scene, line: ThreadLine) -> DeliveryRow | None:
    target = scene.snapshot.targets.get(line.target_id)
    if target is None:  # made since the configuration was read; its threads are younger than this alert
        return None
    step = store_recovery(
        line.state, round_untold=line.round_untold, supported=can_be_told(target, scene.alert, is_test=scene.is_test)
    )
    if step is None:
        return None
    line.close(step.thread, scene.now)
    return recovery_row(
        alert=scene.alert,
        target=target,
        line=line,
        severity=step.severity,
        reason=DeliveryReason(step.reason) if step.reason else None,
        is_test=scene.is_test,
        now=scene.now,
    )


def can_be_told(target: TargetEntry, alert: Alert, *, is_test: bool) -> bool:
    """False when the target, as it is set up, cannot be told this alert at all."""
    kind, settings = DESTINATIONS.get(target.kind), target.settings
    if kind is None or settings is None:  # the attempt will say so, and name what to mend
        return True
    message = Message(
        type=MessageType.ALERT, severity=Severity.WARNING, alert_key=alert.alert_key, alert=alert, is_test=is_test
    )
    return not kind.unsupported(message, settings)
