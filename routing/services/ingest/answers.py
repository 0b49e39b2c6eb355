"""What callers of the receiver are told, in words that say what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language, gettext

from integrations.contract import Text
from routing.models import InboundStatus
from routing.services.storing.prepared import Receipt


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON payload and further headers of a reply."""

    status: int
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    project_id: int | None = None
    """The source's number of the project that the call is about, where that is known."""

    @property
    def error(self) -> str:
        """The reason code of a refusal, of our own trouble, and of what could not be read or decided; else `""`."""
        if not isinstance(self.payload, dict):
            return ""
        is_error = self.status >= 400 or self.payload.get("status") in (InboundStatus.MALFORMED, InboundStatus.FAILED)
        return str(self.payload.get("reason", "")) if is_error else ""


def accepted(receipt: Receipt, advice: Text | None = None, project_id: int | None = None) -> Answer:
    """The webhook is stored: what it is called, and what becomes of it."""
    payload: dict[str, Any] = {
        "id": receipt.id,
        "status": receipt.status,
        "reason": receipt.reason,
        "targets": [
            {"name": target.name, "status": target.status, "reason": target.reason, "severity": target.severity}
            for target in receipt.targets
        ],
    }
    if advice is not None:
        payload["advice"] = in_caller_language(advice)
    return Answer(202, payload, project_id=project_id)


def unknown_key() -> Answer:
    """The URL belongs to no source."""
    return _refusal(
        404,
        "unknown_key",
        gettext(
            "No Sentry connection has this URL. Copy the webhook URL from the connection's page in the admin "
            "and paste it into Sentry again."
        ),
    )


def refused(reason: str, advice: Text | None) -> Answer:
    """Nobody vouches for the call."""
    if advice is not None:
        return _refusal(401, reason, in_caller_language(advice))
    return _refusal(401, reason, gettext("The call is not signed with a client secret of this connection."))


def too_large(limit_mb: int) -> Answer:
    """The body is over the limit."""
    text = gettext("The body is larger than %(limit)s MB. Raise MAX_BODY_MB to accept it.")
    return _refusal(413, "too_large", text % {"limit": limit_mb})


def compressed() -> Answer:
    """The body is encoded, which the signature of a webhook never is."""
    return _refusal(415, "compressed", gettext("Send the body as it is, without Content-Encoding."))


def wrong_method() -> Answer:
    """Somebody looks at the URL, most likely with a browser."""
    text = gettext(
        "This URL takes Sentry's webhooks by POST. Paste it into Sentry; the guide in the admin shows where."
    )
    answer = _refusal(405, "wrong_method", text)
    return Answer(answer.status, answer.payload, {"Allow": "POST"})


def unavailable() -> Answer:
    """Our own trouble: the webhook is not stored, or nobody knows."""
    text = gettext("The webhook could not be stored just now. Send it again.")
    return Answer(503, {"reason": "unavailable", "detail": text}, {"Retry-After": "5"})


def unreadable_secret() -> Answer:
    """The source's secret cannot be opened, so nobody can tell who called."""
    text = gettext(
        "A client secret of this connection cannot be opened with FIELD_KEYS. The call is kept; add the missing key "
        "or enter the secret again, then replay it."
    )
    return Answer(503, {"reason": "unreadable_secret", "detail": text}, {"Retry-After": "60"})


def unknown_target() -> Answer:
    """The bot in the URL is not configured."""
    text = gettext(
        "No target has this bot URL, and nothing is sent to URLs that are not configured. The call is kept: add the "
        "bot in the admin, then replay it."
    )
    return _refusal(404, "unknown_target", text)


def no_bot_url() -> Answer:
    """The parameter leads anywhere but to a bot."""
    text = gettext("`feishu` must be the webhook URL of a Feishu or Lark bot. Nothing is ever sent anywhere else.")
    return _refusal(404, "no_bot_url", text)


def no_hook_source() -> Answer:
    """Somebody removed the source that /hook belongs to."""
    return _refusal(404, "unknown_key", gettext("The Sentry connection named hook was deleted. Add it again."))


def in_caller_language(text: Text) -> str:
    """A sentence of an integration in the language of the current request."""
    return text.in_language(get_language() or "en")


def _refusal(status: int, reason: str, detail: str) -> Answer:
    return Answer(status, {"reason": reason, "detail": detail})
