"""What would become of a webhook: the whole way of deciding, with the threads as they are, and nothing written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from integrations.contract import RawCall
from integrations.registry import SOURCES
from integrations.sentry.resources import RESOURCE_HEADER
from routing.policy import alerts
from routing.selectors import configuration
from routing.services.deciding import find
from routing.services.storing.concerns import Concern
from routing.services.storing.judging import judge
from routing.services.storing.prepared import Finding
from routing.services.storing.threads import Threads
from routing.statements import ask


class UnknownSource(LookupError):  # noqa: N818 - the answer's own words
    """There is no source of that name; `known` are those there are."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name)
        self.known = known


def explain(*, source_name: str, resource: str, body: bytes, now: datetime | None = None) -> dict[str, Any]:
    """What the receiver would answer and decide, as JSON values; raises UnknownSource.

    `{"source", "status", "reason", "resource", "action", "project", "targets", "alert", "decision", "flags"}`: a target
    has `name`, `kind`, `status`, `reason`, `severity`, `rules` and `held_until`.
    """
    snapshot, now = configuration.current(), now or timezone.now()
    source = snapshot.source(source_name)
    if source is None:
        raise UnknownSource(source_name, tuple(sorted(snapshot.source_ids)))
    headers = {RESOURCE_HEADER: resource} if resource else {}
    call = RawCall(headers, body)
    finding = find(call, source=source, direct=None, snapshot=snapshot, now=now)
    judgement = judge(
        finding, source_name=source_name, is_test=False, snapshot=snapshot, threads=_threads(finding), now=now
    )
    return {
        "source": source_name,
        "status": judgement.status,
        "reason": judgement.reason,
        "resource": finding.resource or SOURCES[source.kind].resource_of(body, headers),
        "action": finding.action,
        "project": finding.alert.project_slug if finding.alert else None,
        "targets": [_target(row) for row in judgement.deliveries],
        "alert": alerts.to_json(finding.alert) if finding.alert else None,
        "decision": orjson.loads(judgement.decision),
        "flags": list(finding.flags),
        **({"traceback": finding.traceback} if finding.traceback else {}),
    }


def _threads(finding: Finding) -> Threads:
    """The threads concerned, read without a lock; new ones get no number."""
    with connection.cursor() as cursor:
        rows, ends = ask(cursor, Concern.of([finding.alert] if finding.alert else []).questions(lock=False))
    return Threads(rows, ends, iter(range(0, -(10**9), -1)))


def _target(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: row[name] for name in ("kind", "status", "reason", "severity", "rules")}
    held_until = row["held_until"].isoformat() if row["held_until"] else None
    return {"name": row["target_name"], **shown, "held_until": held_until}
