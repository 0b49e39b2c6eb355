"""One standard alert event (POST /event/push/alert/standard) from one message."""

import hashlib
import json
from typing import Any, Final

from integrations.contract import Alert, Message, Settings, Severity, Text
from integrations.flashduty.cleaning import cut, disarmed_title, one_line, without_template_markers
from integrations.flashduty.config import language_of, zone_of
from integrations.flashduty.description import description_of, is_test
from integrations.flashduty.labels import MAX_LABELS, own_labels, tag_labels

EVENT_STATUS: Final = {
    Severity.CRITICAL: "Critical",
    Severity.WARNING: "Warning",
    Severity.INFO: "Info",
    Severity.OK: "Ok",
}
MAX_TITLE: Final = 512
MAX_ALERT_KEY: Final = 255
"""Characters; flashduty-docs, standard alert."""

MAX_BODY: Final = 60_000
"""Bytes. The vendor documents no limit but answers 413 beyond one; its own tools stay below 64 KiB."""

_MAX_PROJECT = 100
_UNKNOWN_PROJECT = "UNKNOWN"
_RELAY = "Alert Relay"
_TEST_MARK = Text("[TEST] ", "【测试】")
_NO_TITLE = Text("(no title)", "（无标题）")


def standard_event(message: Message, settings: Settings, *, simple: bool) -> bytes:
    """The event as JSON bytes within every limit of the vendor; `simple` leaves out tags and most of the description."""
    language = language_of(settings)
    labels = own_labels(message, zone_of(settings))
    event: dict[str, Any] = {
        "title_rule": title_of(message, language),
        "event_status": EVENT_STATUS[message.severity],
        "alert_key": alert_key_of(message.alert_key),
        "description": description_of(message, language, simple=simple),
        "labels": labels,
    }
    if message.alert and not simple:
        size = MAX_BODY - len(_encoded(event))
        event["labels"] = labels | tag_labels(message.alert.tags, count=MAX_LABELS - len(labels), size=size)
    return _encoded(event)


def title_of(message: Message, language: str) -> str:
    """`[project] ` and the alert's own title, recoveries too; ours for messages about no single alert."""
    if message.alert:
        project, text = one_line(message.alert.project_slug or "") or _UNKNOWN_PROJECT, _text_of(message.alert)
    else:
        project = _RELAY
        text = message.listing.title.in_language(language) if message.listing else ""
    mark = _TEST_MARK.in_language(language) if is_test(message) else ""
    told = without_template_markers(text) or _NO_TITLE.in_language(language)
    return cut(disarmed_title(f"[{cut(project, _MAX_PROJECT)}] {mark}{told}"), MAX_TITLE)


def alert_key_of(key: str) -> str:
    """The key as it is, or, beyond the vendor's length, a digest that is the same for trigger and recovery."""
    return key if len(key) <= MAX_ALERT_KEY else hashlib.sha256(key.encode()).hexdigest()


def _text_of(alert: Alert) -> str:
    told = (alert.title, alert.error_value, alert.message, alert.rule_name, alert.error_type, alert.culprit)
    return next((text for text in told if text and text.strip()), "")


def _encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
