"""From bytes to a finding, and the webhooks that wait for it: one function for the receiver and for the worker."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
import structlog
from django.db.models import Exists, OuterRef
from django.utils import timezone

from integrations.contract import Alert, MalformedPayload, RawCall, Reading
from integrations.registry import SOURCES
from routing.fields import UnsealingError
from routing.models import Inbound, InboundReason, InboundStatus, Source
from routing.policy import alerts
from routing.policy.deciding import decide
from routing.policy.specs import Decision
from routing.policy.trace import to_json
from routing.selectors import configuration
from routing.selectors.snapshot import Snapshot, SourceEntry
from routing.services.ingest import bodies
from routing.services.setup import projects
from routing.services.storing.prepared import Direct, Finding, Waiting
from routing.services.storing.transaction import failed, settle
from routing.services.storing.writing import attempt

log = structlog.get_logger(__name__)


def find(call: RawCall, *, source: SourceEntry, direct: Direct | None, snapshot: Snapshot, now: datetime) -> Finding:
    """What a genuine call says and whom the rules would tell; never raises: our own error is a finding too."""
    finding = Finding()
    try:
        finding = _read(call, source)
        if finding.alert is not None and not finding.alert.is_resolved:
            finding = _decide(finding, finding.alert, source, direct, snapshot, now)
    except Exception as error:
        log.exception("deciding failed", source=source.name)
        return failed(finding, error)
    return finding


BATCH = 50
"""Webhooks decided in one transaction: it may wait long for SQLite's lock while many come in, but holds it shortly."""


def decide_waiting(limit: int = BATCH) -> int:
    """Decide webhooks that were stored undecided, source by source in the order they came; return how many were.

    Each source is decided by one worker at a time, so that a recovery is never decided before its trigger.
    Raises OperationalError or InterfaceError when the database does not answer.
    """
    waiting = Inbound.objects.filter(status=InboundStatus.RECEIVED)
    sources = Source.objects.filter(Exists(waiting.filter(source=OuterRef("pk")))).order_by("pk")
    decided = sum([decide_source(source, limit) for source in sources.values_list("pk", flat=True)])
    return decided + (decide_source(None, limit) if waiting.filter(source=None).exists() else 0)


def decide_source(source_id: int | None, limit: int = BATCH) -> int:
    """Decide the oldest of what waits for one source; see `decide_waiting`."""
    snapshot, now = configuration.current(), timezone.now()
    rows = (
        Inbound.objects.filter(status=InboundStatus.RECEIVED, source=source_id)
        .order_by("id")
        .values_list("id", "source_name", "is_test", "flags", "body__data")[:limit]
    )
    source = snapshot.sources.get(source_id or 0)
    waiting = [
        Waiting(
            inbound_id=inbound,
            source_name=name,
            is_test=is_test,
            flags=tuple(flags),
            finding=_find_stored(data, source, Direct.of(flags), snapshot, now),
            snapshot=snapshot,
        )
        for inbound, name, is_test, flags, data in rows
    ]
    decided = settle(waiting, now, source_id=source_id) if waiting else 0
    if source is not None:
        for one in (one for one in waiting if not one.is_test):
            projects.learn(source, one.finding.projects, snapshot, attempt)
    return decided


def _find_stored(
    data: bytes | memoryview | None,
    source: SourceEntry | None,
    direct: Direct | None,
    snapshot: Snapshot,
    now: datetime,
) -> Finding:
    try:
        if source is None:
            raise LookupError("The Sentry connection was deleted before this webhook was decided.")
        if data is None:
            raise LookupError("The original body is gone: it was removed after BODY_RETENTION_DAYS.")
        call = bodies.unpack(data)
    except (LookupError, UnsealingError) as error:
        return failed(Finding(), error)
    return find(call, source=source, direct=direct, snapshot=snapshot, now=now)


def _read(call: RawCall, source: SourceEntry) -> Finding:
    kind = SOURCES[source.kind]
    try:
        reading = kind.read(call.body, call.headers, source.name, source.issue_actions)
    except MalformedPayload as error:
        return Finding(
            resource=kind.resource_of(call.body, call.headers),
            status=InboundStatus.MALFORMED,
            reason=InboundReason.MALFORMED,
            decision_json=orjson.dumps({"reason": InboundReason.MALFORMED, "detail": str(error)}),
        )
    return _of_alert(reading, reading.alert) if reading.alert else _of_ignored(reading)


def _of_alert(reading: Reading, alert: Alert) -> Finding:
    return Finding(
        resource=reading.resource,
        action=reading.action,
        alert=alert,
        alert_json=orjson.dumps(alerts.to_json(alert)),
        advice=reading.advice,
        flags=(
            *(["test"] if alert.is_test else []),
            *([f"unfamiliar: {alert.unfamiliar}"] if alert.unfamiliar else []),
        ),
        projects=reading.projects,
    )


def _of_ignored(reading: Reading) -> Finding:
    reason = InboundReason(reading.ignored or InboundReason.IGNORED_RESOURCE)
    decision: dict[str, Any] = {"reason": reason}
    if reading.advice:
        decision["advice"] = {"en": reading.advice.en, "zh": reading.advice.zh}
    return Finding(
        resource=reading.resource,
        action=reading.action,
        status=InboundStatus.IGNORED,
        reason=reason,
        decision_json=orjson.dumps(decision),
        advice=reading.advice,
        flags=("unknown_resource",) if reading.unknown_resource else (),
        projects=reading.projects,
    )


def _decide(
    finding: Finding, alert: Alert, source: SourceEntry, direct: Direct | None, snapshot: Snapshot, now: datetime
) -> Finding:
    rules = snapshot.rules
    if direct is not None:  # whom the caller named is chosen as Sentry's own alert rule action chooses
        rules = snapshot.bare_rules
        alert = replace(alert, settings={"target": direct.target} if direct.target else {})
    decision = decide(alert, source=source.name, rules=rules, now=now, guard=snapshot.guard)
    return replace(finding, decision=decision, decision_json=_written(decision))


def _written(decision: Decision) -> bytes:
    return orjson.dumps(
        {"reason": decision.reason, "rules_version": decision.rules_version, "trace": to_json(decision.trace)}
    )
