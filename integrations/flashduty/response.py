"""The meaning of Flashduty's answers.

The vendor's pages disagree on some HTTP statuses, so `error.code` decides and the status is asked only where there is
no known code (flashduty-docs, standard alert and openapi/introduction).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from integrations.contract import Json, Outcome, OutcomeKind, Reason, Response, retry_after


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: OutcomeKind
    reason: Reason
    broken: bool = False


_UNREADABLE = _Meaning(OutcomeKind.REJECTED, Reason.UNREADABLE_ANSWER)
_REFUSED = _Meaning(OutcomeKind.REJECTED, Reason.REFUSED)
_CONTENT_REFUSED = _Meaning(OutcomeKind.REJECTED, Reason.CONTENT_REFUSED)
_BAD_ADDRESS = _Meaning(OutcomeKind.REJECTED, Reason.BAD_ADDRESS, broken=True)
_FORBIDDEN = _Meaning(OutcomeKind.REJECTED, Reason.SPEECH_FORBIDDEN, broken=True)
_UNPAID = _Meaning(OutcomeKind.REJECTED, Reason.NO_LICENSE, broken=True)
_TOO_LARGE = _Meaning(OutcomeKind.SIMPLIFY, Reason.TOO_LARGE)
_BUSY = _Meaning(OutcomeKind.RETRY, Reason.RATE_LIMITED)
_DOWN = _Meaning(OutcomeKind.RETRY, Reason.SERVER_ERROR)

_BY_CODE: Final[Mapping[str, _Meaning]] = {
    "InvalidParameter": _CONTENT_REFUSED,
    "InvalidContentType": _CONTENT_REFUSED,
    "MethodNotAllowed": _REFUSED,
    "BadRequest": _CONTENT_REFUSED,
    "ReferenceExist": _REFUSED,
    "ResourceNotFound": _UNPAID,
    "NoLicense": _UNPAID,
    "BalanceNotEnough": _UNPAID,
    "Unauthorized": _BAD_ADDRESS,
    "AccessDenied": _FORBIDDEN,
    "RouteNotFound": _BAD_ADDRESS,
    "UndonedOrderExist": _REFUSED,
    "EntityTooLarge": _TOO_LARGE,
    "RequestLocked": _DOWN,
    "RequestVerifyRequired": _REFUSED,
    "DangerousOperation": _REFUSED,
    "RequestTooFrequently": _BUSY,
    "InternalError": _DOWN,
    "ServiceUnavailable": _DOWN,
}
_BY_STATUS: Final[Mapping[int, _Meaning]] = {
    400: _CONTENT_REFUSED,
    401: _BAD_ADDRESS,
    402: _UNPAID,
    404: _BAD_ADDRESS,
    408: _DOWN,
    413: _TOO_LARGE,
    423: _DOWN,
    425: _DOWN,
    429: _BUSY,
}
_LONGEST_CODE = 64


def interpret(response: Response) -> Outcome:
    """What one answer led to; never raises, whatever the bytes.

    A 2xx is success when its body is empty or a JSON object without `error`; a 2xx that is neither proves nothing and
    is final, as in the vendor's own client (flashcatcloud/itrs-geneos internal/flashduty/client.go). Asks for the
    simpler form at every 413: whether that was tried already is the caller's to know.
    """
    document = _read(response.body)
    error = document.get("error") if isinstance(document, dict) else None
    if error is None and 200 <= response.status < 300:
        if isinstance(document, dict) or not response.body.strip():
            return Outcome(kind=OutcomeKind.SENT)
        return _outcome(_UNREADABLE, "", response)
    code = _code_of(error)
    return _outcome(_meaning_of(error, code, response.status), code, response)


def _read(body: bytes) -> Json:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _code_of(error: Json) -> str:
    code = error.get("code") if isinstance(error, dict) else None
    text = code if isinstance(code, str) else ""
    return "".join(character for character in text if character.isprintable())[:_LONGEST_CODE]


def _meaning_of(error: Json, code: str, status: int) -> _Meaning:
    if code == "InvalidParameter" and _names_the_key(error):
        return _BAD_ADDRESS
    return _BY_CODE.get(code) or _meaning_of_status(status)


def _names_the_key(error: Json) -> bool:
    """A wrong integration key shares its code with wrong content; the message names it in every language."""
    return "integration_key" in str(error.get("message"))


def _meaning_of_status(status: int) -> _Meaning:
    if 300 <= status < 400:
        return _Meaning(OutcomeKind.REJECTED, Reason.REDIRECTED)
    if 500 <= status < 600:
        return _DOWN
    return _BY_STATUS.get(status, _REFUSED)


def _outcome(meaning: _Meaning, code: str, response: Response) -> Outcome:
    retrying = meaning.kind is OutcomeKind.RETRY
    return Outcome(
        kind=meaning.kind,
        reason=meaning.reason,
        provider_code=code,
        retry_after=retry_after(response.headers) if retrying else None,
        broken=meaning.broken,
    )
