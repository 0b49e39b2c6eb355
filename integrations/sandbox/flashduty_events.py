"""A standard alert event as Flashduty reads it: what it refuses, cuts, expands and obeys.

Sources: flashduty-docs on-call/integration/alert-integration/alert-sources/standard alert,
on-call/advanced/reference-variables and on-call/advanced/dynamic-notifications.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

EVENT_STATUSES: Final = ("Critical", "Warning", "Info", "Ok")
MAX_TITLE: Final = 512
MAX_DESCRIPTION: Final = 2048
MAX_ALERT_KEY: Final = 255
MAX_LABELS: Final = 50
MAX_LABEL_NAME: Final = 128
MAX_LABEL_VALUE: Final = 2048

_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OVERRIDE = "layer_"
_TEMPLATE = "[TPL]"
_NO_VALUE = "<no value>"
_TEMPLATE_VARIABLE = re.compile(r"\$\{\s*(?P<braced>\w+)\s*\}|\{\{\s*\.Labels\.(?P<dotted>\w+)\s*\}\}")
_BARE_VARIABLE = re.compile(r"\$\{?(?P<name>\w+)\}?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvent:
    """An event after cutting and expanding."""

    title: str
    event_status: str
    alert_key: str
    description: str
    labels: Mapping[str, str]
    overrides: Mapping[str, str]
    """The labels that replace who is paged; they are taken out of the visible ones."""


def problem_with(event: Mapping[str, Any]) -> str | None:
    """Why the event is refused as InvalidParameter, or None."""
    title, status, key = event.get("title_rule"), event.get("event_status"), event.get("alert_key", "")
    if not isinstance(title, str) or not title.strip():
        return "title_rule is required"
    if status not in EVENT_STATUSES:
        return f"event_status must be one of {', '.join(EVENT_STATUSES)}"
    if not isinstance(key, str) or len(key) > MAX_ALERT_KEY:
        return f"alert_key must be a string of at most {MAX_ALERT_KEY} characters"
    if status == "Ok" and not key:
        return "alert_key is required when event_status is Ok"
    if not isinstance(event.get("description", ""), str):
        return "description must be a string"
    return _problem_with_labels(event.get("labels", {}))


def read_event(event: Mapping[str, Any], generated_key: str) -> ReadEvent:
    """An event without a problem, as it is stored."""
    told = {name: value[:MAX_LABEL_VALUE] for name, value in event.get("labels", {}).items()}
    return ReadEvent(
        title=_expanded(event["title_rule"], told)[:MAX_TITLE],
        event_status=event["event_status"],
        alert_key=event.get("alert_key") or generated_key,
        description=event.get("description", "")[:MAX_DESCRIPTION],
        labels={name: value for name, value in told.items() if not name.startswith(_OVERRIDE)},
        overrides=overrides_in(told),
    )


def overrides_in(named: Mapping[str, str]) -> dict[str, str]:
    """The labels or query parameters that replace who is paged."""
    return {name: value for name, value in named.items() if name.startswith(_OVERRIDE)}


def _problem_with_labels(labels: Any) -> str | None:
    if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
        return "labels must map strings to strings"
    if len(labels) > MAX_LABELS:
        return f"at most {MAX_LABELS} labels are allowed"
    for name in labels:
        if len(name) > MAX_LABEL_NAME or not _LABEL_NAME.fullmatch(name):
            return f"label name is invalid: {name[:MAX_LABEL_NAME]}"
    return None


def _expanded(title: str, labels: Mapping[str, str]) -> str:
    """`[TPL]` at the start expands templates; without it `$label` is replaced where such a label exists."""
    if title.startswith(_TEMPLATE):
        return _TEMPLATE_VARIABLE.sub(
            lambda match: labels.get(match["braced"] or match["dotted"], _NO_VALUE), title[len(_TEMPLATE) :]
        )
    return _BARE_VARIABLE.sub(lambda match: labels.get(match["name"], match[0]), title)
