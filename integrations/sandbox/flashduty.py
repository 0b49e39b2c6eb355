"""The judge of calls to Flashduty's push addresses: the standard alert event, and its own Sentry integration.

Checks in this order: method, path, content type, JSON, integration key, rate, fields. The vendor does not tell its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from integrations.sandbox import flashduty_answers as answers
from integrations.sandbox.flashduty_alerts import applied, seen_event
from integrations.sandbox.flashduty_events import ReadEvent, overrides_in, problem_with, read_event
from integrations.sandbox.flashduty_sentry import RESOURCE_HEADER, read_call
from integrations.sandbox.verdict import AlertState, SandboxCall, SandboxIntegration, Verdict

PER_SECOND: Final = 100
PER_MINUTE: Final = 1000

_INSTEAD: Final[Mapping[str, Callable[[SandboxCall], Verdict]]] = {
    "bad_key": lambda call: answers.refused(call, "InvalidParameter", "integration_key is not a valid one"),
    "no_license": lambda call: answers.refused(call, "NoLicense", "no sufficient license"),
    "too_large": lambda call: answers.refused(call, "EntityTooLarge", "request entity is too large"),
    "rate_limited": lambda call: answers.refused(
        call, "RequestTooFrequently", "request too frequently", headers={"retry-after": "2"}
    ),
    "rate_limited_plain": lambda call: answers.refused(call, "RequestTooFrequently", "request too frequently"),
    "http_500": lambda call: answers.refused(call, "InternalError", "internal error"),
    "http_503": lambda call: answers.refused(call, "ServiceUnavailable", "service is unavailable"),
    "http_502": lambda _call: answers.page(502, "502 Bad Gateway"),
    "html": lambda _call: answers.page(200, "Welcome"),
    "error_in_200": lambda call: answers.refused(call, "InvalidParameter", "asked for", status=200),
}
FAULTS: Final = frozenset({*_INSTEAD, "empty", "lost_answer", "silent_drop"})
"""Failures that can be asked for. The last three take the event: `empty` answers with an empty 200, `lost_answer` with
a 500, `silent_drop` as if all were well while nobody sees anything, as on the free plan beyond its daily alerts."""


def judge_flashduty(
    call: SandboxCall,
    integration: SandboxIntegration,
    now: datetime,
    recent: Sequence[datetime] = (),
    *,
    alerts: Mapping[str, AlertState] | None = None,
    fault: str = "",
) -> Verdict:
    """What Flashduty would answer and show; raises ValueError for a fault that is not in FAULTS.

    `recent` holds the times of the integration's accepted events of the last minute, this one not among them;
    `alerts` its alerts by alert key, of which the verdict gives back the one that changed.
    """
    if fault and fault not in FAULTS:
        raise ValueError(f"no such fault: {fault}")
    if fault in _INSTEAD:
        return _INSTEAD[fault](call)
    document = _document(call, integration)
    if isinstance(document, Verdict):
        return document
    if _within(recent, now, seconds=1) >= PER_SECOND or _within(recent, now, seconds=60) >= PER_MINUTE:
        return answers.refused(call, "RequestTooFrequently", "request too frequently")
    verdict = _judged(call, integration, document, alerts or {})
    return _spoilt(verdict, fault) if verdict.accepted else verdict


def _document(call: SandboxCall, integration: SandboxIntegration) -> dict[str, Any] | Verdict:
    if call.method != "POST":
        return answers.refused(call, "MethodNotAllowed", f"method {call.method} is not allowed")
    if not call.path.endswith(f"/event/push/alert/{integration.mode}"):
        return answers.refused(call, "RouteNotFound", "no route for this method and path")
    if not call.headers.get("content-type", "").lower().startswith("application/json"):
        return answers.refused(call, "InvalidContentType", "Content-Type must be application/json")
    try:
        document = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        return answers.refused(call, "InvalidParameter", "the body is not a JSON object")
    return document if _knows_key(call, integration) else _INSTEAD["bad_key"](call)


def _knows_key(call: SandboxCall, integration: SandboxIntegration) -> bool:
    keys = [value for name, value in parse_qsl(call.query) if name == "integration_key"]
    return len(keys) == 1 and compare_digest(keys[0].encode("utf-8", "replace"), integration.key.encode())


def _judged(
    call: SandboxCall,
    integration: SandboxIntegration,
    document: Mapping[str, Any],
    alerts: Mapping[str, AlertState],
) -> Verdict:
    event = _read_sentry(call, document) if integration.mode == "sentry" else _read_standard(call, document)
    if isinstance(event, Verdict):
        return event
    change, alert = applied(event, alerts.get(event.alert_key))
    return answers.accepted(call, event.alert_key, seen_event(event, change), alert, change.replace("_", " "))


def _read_standard(call: SandboxCall, document: Mapping[str, Any]) -> ReadEvent | Verdict:
    problem = problem_with(document)
    if problem:
        return answers.refused(call, "InvalidParameter", problem)
    event = read_event(document, answers.request_id_of(call))
    return replace(event, overrides={**event.overrides, **overrides_in(dict(parse_qsl(call.query)))})


def _read_sentry(call: SandboxCall, document: Mapping[str, Any]) -> ReadEvent | Verdict:
    resource = call.headers.get(RESOURCE_HEADER)
    if not resource:
        return answers.refused(call, "InvalidParameter", "the header Sentry-Hook-Resource is missing")
    event = read_call(resource, document)
    return event or answers.accepted(call, "", None, None, "taken, and nothing is done with it")


def _within(recent: Sequence[datetime], now: datetime, *, seconds: int) -> int:
    return sum(now - timedelta(seconds=seconds) < moment <= now for moment in recent)


def _spoilt(verdict: Verdict, fault: str) -> Verdict:
    """The faults that need an event which would have been accepted."""
    match fault:
        case "empty":
            return replace(verdict, body=b"")
        case "silent_drop":
            return replace(verdict, seen=None, alert=None, reason="accepted and dropped without a word")
        case "lost_answer":
            lost = answers.page(500, "500 Internal Server Error")
            return replace(
                verdict, status=500, headers=lost.headers, body=lost.body, reason="accepted, but the answer was lost"
            )
    return verdict
