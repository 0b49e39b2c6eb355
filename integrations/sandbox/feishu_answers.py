"""The answers of a Feishu custom bot, as its guide and published logs show them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from integrations.sandbox.verdict import Seen, Verdict

SUCCESS: Final = {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}
OLD_SUCCESS: Final = {"Extra": None, "StatusCode": 0, "StatusMessage": "success"}

BAD_REQUEST: Final = (9499, "Bad Request")
BAD_TOKEN: Final = (19001, "param invalid: incoming webhook access token invalid")
BAD_PARAMETERS: Final = (19002, "params error, msg_type need")
BAD_SIGNATURE: Final = (19021, "sign match fail or timestamp is not within one hour from current time")
ADDRESS_NOT_ALLOWED: Final = (19022, "Ip Not Allowed")
NO_KEYWORD: Final = (19024, "Key Words Not Found")
TOO_FREQUENT: Final = (11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
NOBODY_MAY_CALL_ALL: Final = (11235, "only group admins can at all")
CARD_REFUSED: Final = 11246

_HTML = b"<!DOCTYPE html>\r\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\r\n"


def accepted(seen: Seen, *, shape: Mapping[str, Any] = SUCCESS) -> Verdict:
    """Success, and what the group sees."""
    return _json(200, shape, accepted=True, reason="accepted", seen=seen)


def refused(answer: tuple[int, str], reason: str) -> Verdict:
    """An error of Feishu's, which comes with HTTP 200."""
    code, words = answer
    return _json(200, {"code": code, "data": {}, "msg": words}, reason=reason)


def card_refused(code: int, words: str, value: str) -> Verdict:
    """A refused card: the message of 11246 holds the number that says why."""
    message = f"ErrCode: {code}; ErrMsg: {words}; ErrorValue: {value[:80]}; "
    return refused((CARD_REFUSED, message), f"the card is refused: {words} ({value[:80]})")


def throttled_by_gateway() -> Verdict:
    """The open platform's own throttle, in front of the bot."""
    headers = {"x-ogw-ratelimit-limit": "100", "x-ogw-ratelimit-reset": "2"}
    return _json(429, {"code": 99991400, "msg": "request trigger frequency limit"}, headers=headers, reason="throttled")


def page(status: int, title: str) -> Verdict:
    """A page of HTML, from the gateway or from something that is not Feishu at all."""
    body = _HTML % (title.encode(), title.encode())
    headers = {"content-type": "text/html; charset=utf-8"}
    return Verdict(status=status, headers=headers, body=body, accepted=False, reason=title)


def empty_object() -> Verdict:
    """`{}` with HTTP 200, which proves nothing."""
    return _json(200, {}, reason="an answer that says nothing")


def _json(
    status: int,
    document: Mapping[str, Any],
    *,
    reason: str,
    accepted: bool = False,
    headers: Mapping[str, str] | None = None,
    seen: Seen | None = None,
) -> Verdict:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    named = {"content-type": "application/json; charset=utf-8", "x-tt-logid": hashlib.sha256(body).hexdigest()[:32]}
    return Verdict(
        status=status, headers={**named, **(headers or {})}, body=body, accepted=accepted, reason=reason, seen=seen
    )
