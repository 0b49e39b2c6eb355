"""A message for a Flashduty target: a standard event, or Sentry's own call handed on."""

from datetime import datetime
from typing import Final

from integrations.contract import Alert, Message, OutboundRequest, OutcomeKind, RawCall, Settings
from integrations.flashduty.config import address, mode_of
from integrations.flashduty.description import is_test
from integrations.flashduty.event import standard_event
from integrations.flashduty.push_address import secrets_of_address

_SENTRYS_HEADERS: Final = {
    name.lower(): name
    for name in (
        "Content-Type",
        "Idempotency-Key",
        "Request-ID",
        "Sentry-Hook-Resource",
        "Sentry-Hook-Signature",
        "Sentry-Hook-Timestamp",
        "User-Agent",
    )
}
"""What Sentry sends of its own (sentry src/sentry/sentry_apps/api/serializers/app_platform_event.py)."""


def unsupported(message: Message, settings: Settings) -> bool:
    """True for what Flashduty's Sentry integration cannot be told: anything but a genuine call of a kind it handles."""
    if mode_of(settings) == "standard":
        return False
    alert = message.alert
    if alert is None:
        return True
    return is_test(message) or alert.is_legacy or not _is_handled(alert)


def render(
    message: Message, settings: Settings, now: datetime, simplification: OutcomeKind | None = None
) -> OutboundRequest:
    """The complete request; raises ValueError in mode `sentry` when the original call is no longer there.

    `now` has no part in it, so every attempt of a delivery makes the same event and Flashduty can drop repeats.
    Mode `sentry` knows no simpler form: the bytes are Sentry's.
    """
    url = address(settings)
    if mode_of(settings) == "sentry":
        if message.raw is None:
            raise ValueError("the original call is gone, and this mode forwards nothing else")
        headers, body = _forwarded(message.raw), message.raw.body
    else:
        headers = {"Content-Type": "application/json"}
        body = standard_event(message, settings, simple=simplification is OutcomeKind.SIMPLIFY)
    return OutboundRequest(url=url, body=body, headers=headers, secrets=secrets_of_address(url))


def _is_handled(alert: Alert) -> bool:
    """Of issue webhooks the integration reads only `resolved` (flashduty-docs alert-sources/sentry)."""
    return alert.resource != "issue" or alert.action == "resolved"


def _forwarded(call: RawCall) -> dict[str, str]:
    """Sentry's own headers by the names Sentry writes, values untouched; never those of proxies or visitors."""
    kept = {_SENTRYS_HEADERS[name.lower()]: value for name, value in call.headers.items() if _is_sentrys(name)}
    return {"Content-Type": "application/json", **kept}


def _is_sentrys(name: str) -> bool:
    return name.lower() in _SENTRYS_HEADERS
