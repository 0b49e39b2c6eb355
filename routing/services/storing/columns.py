"""What the log keeps of a received webhook, by column."""

from typing import Any

import orjson

from routing.models import InboundStatus
from routing.services.storing.judging import Judgement
from routing.services.storing.prepared import Finding, Prepared
from routing.statements import Statement, json_text, update

_JSON = ("alert", "decision", "flags")


def new_inbound(inbound: int, one: Prepared, judgement: Judgement | None) -> dict[str, Any]:
    """A new inbound's columns; without a judgement it waits to be decided."""
    return {
        "id": inbound,
        "source_id": one.source_id,
        "source_name": one.source_name,
        "received_at": one.received_at,
        "request_id": one.request_id[:64],
        "body_digest": one.body_digest,
        "idempotency_key": one.idempotency_key,
        "is_test": one.is_test,
        **_decided(one.finding, judgement, one.flags, is_test=one.is_test),
    }


def decided_inbound(
    inbound: int, finding: Finding, judgement: Judgement, flags: tuple[str, ...], *, is_test: bool
) -> Statement:
    """What puts a decision into a stored inbound."""
    columns = _decided(finding, judgement, flags, is_test=is_test)
    values = {name: json_text(value) if name in _JSON else value for name, value in columns.items()}
    return update("routing_inbound", inbound, values)


def _decided(finding: Finding, judgement: Judgement | None, flags: tuple[str, ...], *, is_test: bool) -> dict[str, Any]:
    alert = None if judgement is None else finding.alert
    return {
        "status": InboundStatus.RECEIVED if judgement is None else judgement.status,
        "reason": "" if judgement is None else judgement.reason,
        "is_test": is_test or (alert is not None and alert.is_test),
        "resource": finding.resource[:64],
        "action": finding.action[:64],
        "project_slug": (alert.project_slug or "")[:200] if alert else _mentioned(finding),
        "alert_key": alert.alert_key if alert else "",
        "issue_id": (alert.issue_id or "")[:64] if alert else "",
        "short_id": (alert.short_id or "")[:64] if alert else "",
        "event_id": (alert.event_id or "")[:64] if alert else "",
        "title": alert.title[:512] if alert else "",
        "alert": orjson.Fragment(finding.alert_json) if alert else None,
        "decision": orjson.Fragment(judgement.decision) if judgement else None,
        "flags": list(dict.fromkeys((*flags, *(finding.flags if judgement else ())))),
        "traceback": finding.traceback.replace("\0", "\ufffd") if judgement else "",
    }


def _mentioned(finding: Finding) -> str:
    """The project of a webhook without an alert, where it names exactly one."""
    return (finding.projects[0].slug or "")[:200] if len(finding.projects) == 1 else ""
