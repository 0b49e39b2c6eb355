"""Flashduty's answers (flashduty-docs, standard alert and openapi/introduction)."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from integrations.sandbox.verdict import AlertState, SandboxCall, Seen, Verdict

STATUSES: Final = {
    "InvalidParameter": 400,
    "InvalidContentType": 400,
    "MethodNotAllowed": 400,
    "NoLicense": 400,
    "Unauthorized": 401,
    "RouteNotFound": 404,
    "EntityTooLarge": 413,
    "RequestTooFrequently": 429,
    "InternalError": 500,
    "ServiceUnavailable": 503,
}

_HTML = b"<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s</h1></center></body>\r\n</html>\r\n"


def request_id_of(call: SandboxCall) -> str:
    """An id in the vendor's shape, the same for the same call."""
    return hashlib.sha256(call.query.encode("utf-8", "replace") + call.body).hexdigest()[:32]


def accepted(call: SandboxCall, alert_key: str, seen: Seen | None, alert: AlertState | None, reason: str) -> Verdict:
    """Success; what becomes of the event afterwards is not told to the sender."""
    verdict = _json(call, 200, {"data": {"alert_key": alert_key}}, reason=reason)
    return Verdict(
        status=200, headers=verdict.headers, body=verdict.body, accepted=True, reason=reason, seen=seen, alert=alert
    )


def refused(
    call: SandboxCall,
    code: str,
    message: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Verdict:
    """An error object, with the status that belongs to its code unless told otherwise."""
    error = {"error": {"code": code, "message": message}}
    return _json(call, status or STATUSES[code], error, reason=message, headers=headers)


def page(status: int, title: str) -> Verdict:
    """A page of HTML from something in between."""
    body = _HTML % (title.encode(), title.encode())
    return Verdict(status=status, headers={"content-type": "text/html"}, body=body, accepted=False, reason=title)


def _json(
    call: SandboxCall, status: int, told: Mapping[str, Any], *, reason: str, headers: Mapping[str, str] | None = None
) -> Verdict:
    request_id = request_id_of(call)
    body = json.dumps({"request_id": request_id, **told}, ensure_ascii=False).encode("utf-8", "replace")
    named = {"content-type": "application/json; charset=utf-8", "flashcat-request-id": request_id, **(headers or {})}
    return Verdict(status=status, headers=named, body=body, accepted=False, reason=reason)
