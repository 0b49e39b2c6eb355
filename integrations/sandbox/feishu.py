"""The judge of calls to a Feishu custom bot (POST /open-apis/bot/v2/hook/<token>).

Checks in this order: address, JSON, signature, size, shape, card, mentions, keyword, rate. The vendor does not tell its
own order; limits, numbers and words are those of the custom bot guide.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from integrations.sandbox import feishu_answers as answers
from integrations.sandbox.feishu_card_rules import first_refusal
from integrations.sandbox.feishu_shapes import is_card, seen_message
from integrations.sandbox.feishu_sight import seen_card
from integrations.sandbox.verdict import SandboxBot, SandboxCall, Seen, Verdict

MAX_BODY: Final = 20_480
SIGNATURE_AGE: Final = 3600
"""Seconds, either way."""
PER_SECOND: Final = 5
PER_MINUTE: Final = 100

_INSTEAD: Final[Mapping[str, Callable[[], Verdict]]] = {
    "bot_removed": lambda: answers.refused(answers.BAD_TOKEN, "asked for: the bot is removed"),
    "sender_refused": lambda: answers.refused(answers.ADDRESS_NOT_ALLOWED, "asked for: the sender is not allowed"),
    "bad_signature": lambda: answers.refused(answers.BAD_SIGNATURE, "asked for: bad signature"),
    "keyword_missing": lambda: answers.refused(answers.NO_KEYWORD, "asked for: no keyword"),
    "rate_limited": lambda: answers.refused(answers.TOO_FREQUENT, "asked for: too frequent"),
    "gateway_limited": answers.throttled_by_gateway,
    "http_500": lambda: answers.page(500, "Internal Server Error"),
    "http_502": lambda: answers.page(502, "Bad Gateway"),
    "html": lambda: answers.page(200, "Welcome"),
    "empty": answers.empty_object,
}
FAULTS: Final = frozenset({*_INSTEAD, "card_refused", "old_success", "lost_answer"})
"""Failures that can be asked for: `card_refused` lets text pass, `old_success` and `lost_answer` accept the message."""


def judge_feishu(
    call: SandboxCall, bot: SandboxBot, now: datetime, recent: Sequence[datetime] = (), *, fault: str = ""
) -> Verdict:
    """What Feishu would answer and the group would see; raises ValueError for a fault that is not in FAULTS.

    `recent` holds the times of the bot's accepted messages of the last minute, this one not among them.
    """
    if fault and fault not in FAULTS:
        raise ValueError(f"no such fault: {fault}")
    if fault in _INSTEAD:
        return _INSTEAD[fault]()
    verdict = _address_refused(call, bot) or _judged(call, bot, now, recent)
    return _spoilt(verdict, fault) if verdict.seen else verdict


def _address_refused(call: SandboxCall, bot: SandboxBot) -> Verdict | None:
    if call.method != "POST":
        return answers.page(404, "404 page not found")
    found = re.fullmatch(r".*/open-apis/bot/v2/hook/([^/]*)", call.path, re.DOTALL)
    if not found or not hmac.compare_digest(found[1].encode("utf-8", "replace"), bot.token.encode()):
        return answers.refused(answers.BAD_TOKEN, "no bot at this address")
    if call.query:
        return answers.refused(answers.BAD_TOKEN, "the address takes no query")
    return None


def _judged(call: SandboxCall, bot: SandboxBot, now: datetime, recent: Sequence[datetime]) -> Verdict:
    document = _document(call)
    if document is None:
        return answers.refused(answers.BAD_REQUEST, "the body is not a JSON object sent as JSON")
    if bot.secret and not _is_signed(document, bot.secret, now):
        return answers.refused(answers.BAD_SIGNATURE, "the signature does not match, or its time is over an hour off")
    if len(call.body) > MAX_BODY:
        return answers.refused(answers.BAD_REQUEST, f"the body is larger than {MAX_BODY} bytes")
    seen = _seen(document)
    return seen if isinstance(seen, Verdict) else _seen_and_judged(seen, bot, now, recent)


def _document(call: SandboxCall) -> dict[str, Any] | None:
    if not call.headers.get("content-type", "").lower().startswith("application/json"):
        return None
    try:
        document = orjson.loads(call.body)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _is_signed(document: Mapping[str, Any], secret: str, now: datetime) -> bool:
    """The key is the time, a line break and the secret; nothing is the message (custom bot guide)."""
    timestamp, sign = str(document.get("timestamp")), document.get("sign")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or not isinstance(sign, str):
        return False
    right = base64.b64encode(hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest())
    fresh = abs(now.timestamp() - int(timestamp)) <= SIGNATURE_AGE
    return fresh and hmac.compare_digest(sign.encode("utf-8", "replace"), right)


def _seen(document: Mapping[str, Any]) -> Seen | Verdict:
    if not is_card(document):
        seen = seen_message(document)
        return seen or answers.refused(answers.BAD_PARAMETERS, "msg_type, content or card is missing or not as asked")
    refusal = first_refusal(document["card"])
    if refusal:
        return answers.card_refused(refusal.code, refusal.words, refusal.value)
    return seen_card(document["card"])


def _seen_and_judged(seen: Seen, bot: SandboxBot, now: datetime, recent: Sequence[datetime]) -> Verdict:
    if "all" in seen.mentions and not bot.everyone_allowed:
        return answers.refused(answers.NOBODY_MAY_CALL_ALL, "only administrators may mention everybody here")
    strangers = [one for one in seen.mentions if one != "all" and not _is_member(one, bot)]
    if strangers and seen.form == "card":
        words = "there is an invalid user resource (at/person) in your card"
        return answers.card_refused(100290, words, strangers[0])
    if bot.keywords and not any(keyword in seen.visible_text for keyword in bot.keywords):
        return answers.refused(answers.NO_KEYWORD, "none of the keywords can be read in the message")
    if _within(recent, now, seconds=1) >= PER_SECOND or _within(recent, now, seconds=60) >= PER_MINUTE:
        return answers.refused(answers.TOO_FREQUENT, f"more than {PER_SECOND} a second or {PER_MINUTE} a minute")
    return answers.accepted(seen)


def _is_member(one: str, bot: SandboxBot) -> bool:
    """An open_id or user_id of the group; e-mail addresses, union_ids and chats cannot be mentioned by a bot."""
    if not re.fullmatch(r"(?!on_|oc_)[A-Za-z0-9_-]{1,64}", one):
        return False
    return bot.members is None or one in bot.members


def _within(recent: Sequence[datetime], now: datetime, *, seconds: int) -> int:
    return sum(now - timedelta(seconds=seconds) < moment <= now for moment in recent)


def _spoilt(verdict: Verdict, fault: str) -> Verdict:
    """The faults that need a message which would have been accepted."""
    if fault == "card_refused" and verdict.seen and verdict.seen.form == "card":
        return answers.card_refused(200621, "parse card json err", "asked for")
    if fault == "old_success" and verdict.seen:
        return answers.accepted(verdict.seen, shape=answers.OLD_SUCCESS)
    if fault == "lost_answer":
        lost = answers.page(500, "Internal Server Error")
        return replace(lost, accepted=True, seen=verdict.seen, reason="accepted, but the answer was lost")
    return verdict
