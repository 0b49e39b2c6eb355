"""From Feishu's answer to an outcome. Feishu reports most errors with HTTP 200, so the body's code decides."""

import re
from collections.abc import Mapping
from dataclasses import replace

import orjson

from integrations.contract import Json, Outcome, OutcomeKind, Reason, Response, retry_after, seconds_in
from integrations.feishu.codes import BAD_REQUEST, BUSY, CARD_FAILED, CONTENT, MENTION, OUTCOMES, THROTTLED

_UNREADABLE = Outcome(kind=OutcomeKind.RETRY, reason=Reason.UNREADABLE_ANSWER)
_REDIRECTED = Outcome(kind=OutcomeKind.REJECTED, reason=Reason.REDIRECTED)
_REFUSED = Outcome(kind=OutcomeKind.REJECTED, reason=Reason.REFUSED)
_NO_BOT_THERE = Outcome(kind=OutcomeKind.REJECTED, reason=Reason.BAD_ADDRESS, broken=True)

_BY_STATUS: Mapping[int, Outcome] = {
    401: _NO_BOT_THERE,
    403: _NO_BOT_THERE,
    404: _NO_BOT_THERE,
    405: _NO_BOT_THERE,
    408: Outcome(kind=OutcomeKind.RETRY, reason=Reason.TIMEOUT),
    410: _NO_BOT_THERE,
    413: Outcome(kind=OutcomeKind.SIMPLIFY, reason=Reason.TOO_LARGE),
    425: BUSY,
    429: THROTTLED,
}
"""What the HTTP status means where the body holds no code that is known."""


def interpret(response: Response) -> Outcome:
    """The meaning of any answer; never raises.

    Sent is only a 2xx with a JSON object whose `code` is 0 (or, in the older shape, `StatusCode` without `code`).
    A code that is listed decides for 2xx and 4xx alike; one that is not makes the answer final.
    """
    answer = _object(response.body)
    code = _code(answer)
    outcome = _outcome(response.status, code, _message(answer))
    if code and not outcome.provider_code:
        outcome = replace(outcome, provider_code=str(code))
    if outcome.kind is OutcomeKind.RETRY:
        outcome = replace(outcome, retry_after=_seconds_to_wait(response.headers))
    return outcome


def _outcome(status: int, code: int | None, message: str) -> Outcome:
    if 300 <= status < 400:
        return _REDIRECTED
    if status >= 500 or status == 429:
        return _BY_STATUS.get(status, BUSY)
    if status >= 200 and code:
        known = _known(code, message)
        return known or _BY_STATUS.get(status, _REFUSED)
    if 200 <= status < 300:
        return Outcome(kind=OutcomeKind.SENT) if code == 0 else _UNREADABLE
    return _BY_STATUS.get(status, _REFUSED) if status >= 400 else _UNREADABLE


def _known(code: int, message: str) -> Outcome | None:
    if code == BAD_REQUEST:
        return THROTTLED if "too many request" in message.lower() else CONTENT
    if code in CARD_FAILED:
        return _card_failed(code, message)
    return OUTCOMES.get(code)


def _card_failed(code: int, message: str) -> Outcome:
    """A refused card: its message names the reason by number, in its older wording only by words."""
    if "service internal error" in message.lower():
        return BUSY
    found = re.search(r"ErrCode:\s{0,4}(\d{1,9})(?!\d)", message, re.ASCII | re.IGNORECASE)
    inner = OUTCOMES.get(int(found[1])) if found else None
    outcome = inner if inner is not None and inner.kind is OutcomeKind.SIMPLIFY else CONTENT
    if not found and re.search(r"invalid (?:at )?user", message, re.IGNORECASE):
        outcome = MENTION
    return replace(outcome, provider_code=f"{code}/{found[1]}" if found else str(code))


def _object(body: bytes) -> dict[str, Json]:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _code(answer: Mapping[str, Json]) -> int | None:
    code = answer.get("code", answer.get("StatusCode"))
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _message(answer: Mapping[str, Json]) -> str:
    message = answer.get("msg", answer.get("StatusMessage"))
    return message if isinstance(message, str) else ""


def _seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """The longest wait that is asked for; the gateway has a header of its own (Feishu's page on frequency control)."""
    waits = (retry_after(headers), seconds_in(headers.get("x-ogw-ratelimit-reset")))
    return max((wait for wait in waits if wait is not None), default=None)
