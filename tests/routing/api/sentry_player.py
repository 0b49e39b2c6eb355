"""Sentry's side of the alert rule action: what its own code does with a schema, a form and an alert.

Facts: getsentry/sentry src/sentry/sentry_apps/api/parsers/schema.py, external_requests/select_requester.py,
external_requests/alert_rule_action_requester.py, rules/actions/sentry_apps/notify_event.py.
"""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.test import Client

from integrations.sentry import samples

INSTALLATION = "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"


class FormError(Exception):
    """What Sentry shows to the operator instead of saving."""


class SentryPlayer:
    """One Sentry with the integration installed."""

    def __init__(self, secret: str, hook_path: str, schema: dict[str, Any]) -> None:
        self.secret, self.hook_path = secret, hook_path
        self.settings = validated(schema)

    def choices(self, name: str, *, query: str = "", dependent: dict[str, str] | None = None) -> list[tuple[str, str]]:
        """The options of a select: a GET that signs the empty body."""
        asked = {"installationId": INSTALLATION, "projectSlug": "web", **({"query": query} if query else {})}
        if dependent:
            asked["dependentData"] = json.dumps(dependent)
        uri = next(field["uri"] for field in fields_of(self.settings) if field["name"] == name)
        answer = Client().get(
            f"{uri}?{urlencode(asked)}", headers={"content-type": "application/json", **self._signed(b"")}
        )
        if answer.status_code >= 400:
            raise FormError(answer.json().get("message", "Something went wrong"))
        options = answer.json()
        if not all(isinstance(option.get(key), str) for option in options for key in ("value", "label")):
            raise FormError("Missing `value` or `label` in option data")
        return [(option["value"], option["label"]) for option in options]

    def save(self, chosen: dict[str, str | None]) -> str:
        """Save the alert rule; returns what is shown, raises FormError for what is not saved."""
        if set(chosen) - {field["name"] for field in fields_of(self.settings)}:
            raise FormError("Unexpected setting(s)")
        if not all(chosen.get(field["name"]) for field in self.settings["required_fields"]):
            raise FormError("Missing required setting(s)")
        body = json.dumps({"fields": as_list(chosen), "installationId": INSTALLATION}).encode()
        headers = self._signed(body)
        answer = Client().post(self.settings["uri"], body, content_type="application/json", headers=headers)
        message = f"Alert Relay: {answer.json()['message']}"
        if answer.status_code >= 400:
            raise FormError(message)
        return message

    def raise_alert(self, kind: str, chosen: list[dict[str, Any]] | None, **fields: Any) -> None:
        """Send an alert whose rule has the action with these settings."""
        headers, body = samples.build("issue.resolved" if kind.startswith("activity") else kind, **fields)  # type: ignore[arg-type]
        document = json.loads(body)
        document["installation"]["uuid"] = INSTALLATION
        if kind.startswith("metric_alert"):
            action = {"type": "sentry_app", "sentry_app_installation_uuid": INSTALLATION, "settings": chosen}
            document["data"]["metric_alert"]["alert_rule"]["triggers"] = [{"label": "critical", "actions": [action]}]
        elif kind.startswith("activity_alert"):
            document["action"], headers["sentry-hook-resource"] = "triggered", "activity_alert"
            document["data"]["activity"] = {"type": "seer_root_cause_completed"}
            document["data"]["alert"] = {"id": 3, "title": "causes", "settings": chosen}
        else:
            document["data"]["issue_alert"] = {"id": 9, "title": "r", "sentry_app_id": 1, "settings": chosen}
        body = json.dumps(document, separators=(",", ":")).encode()
        headers["sentry-hook-signature"] = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        answer = Client().post(self.hook_path, body, content_type="application/json", headers=headers)
        assert answer.status_code == 202, answer.content

    def _signed(self, body: bytes) -> dict[str, str]:
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"request-id": uuid4().hex, "sentry-app-signature": signature}


def as_list(chosen: dict[str, str | None]) -> list[dict[str, Any]]:
    """Settings as Sentry keeps and sends them."""
    return [{"name": name, "value": value} for name, value in chosen.items()]


def fields_of(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """All fields of a form."""
    return [*settings["required_fields"], *settings.get("optional_fields", [])]


def validated(schema: dict[str, Any]) -> dict[str, Any]:
    """The settings of a schema that Sentry would take; raises AssertionError for another."""
    (element,) = schema["elements"]
    assert (element["type"], isinstance(element["title"], str)) == ("alert-rule-action", True)
    settings: dict[str, Any] = element["settings"]
    assert settings["type"] == "alert-rule-settings"
    assert len(settings.get("description", "")) <= 140
    assert settings["required_fields"]
    for field in fields_of(settings):
        assert field["type"] in ("select", "text", "textarea")
        assert {"label", "name"} <= field.keys()
        assert field["type"] != "select" or ("uri" in field) != ("options" in field)
    for uri in (settings["uri"], *[field["uri"] for field in fields_of(settings) if "uri" in field]):
        assert uri.startswith("/")
        assert not uri.startswith("//")
        assert "@" not in uri
    return settings
