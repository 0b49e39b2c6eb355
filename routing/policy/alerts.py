"""An alert as JSON, for the log, and back."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from integrations.contract import Alert, SentryStatus


def to_json(alert: Alert) -> dict[str, Any]:
    """Every field of the alert as JSON; what is empty is left out."""
    plain: dict[str, Any] = {}
    for field in fields(Alert):
        value = getattr(alert, field.name)
        if value is None or value in ("", (), {}, False):
            continue
        if isinstance(value, datetime):
            value = value.isoformat()
        elif field.name == "tags":
            value = {name: list(values) for name, values in value.items()}
        elif isinstance(value, tuple):
            value = list(value)
        elif field.name == "settings":
            value = dict(value)
        plain[field.name] = value
    return plain


def from_json(plain: dict[str, Any]) -> Alert:
    """The alert that `to_json` wrote; fields that this version does not know are passed over."""
    known = {field.name for field in fields(Alert)}
    values = {name: value for name, value in plain.items() if name in known}
    values["sentry_status"] = SentryStatus(values["sentry_status"])
    for name in ("project_slugs", "cause_keys"):
        values[name] = tuple(values.get(name, ()))
    values["tags"] = {name: tuple(texts) for name, texts in values.get("tags", {}).items()}
    if "occurred_at" in values:
        values["occurred_at"] = datetime.fromisoformat(values["occurred_at"])
    return Alert(**{"resource": "", "action": "", **values})
