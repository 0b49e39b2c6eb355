"""The bodies of `samples`: one function a shape, fields in Sentry's order and notation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from integrations.contract import Json

INSTALLATION = "7a2f0c1e-5b64-4d0a-9c53-1f8e6b7d2a90"
_TEST_RULE_ID = -1
_LEFT_OUT_WHEN_EMPTY = frozenset({"project", "environment", "level", "release", "platform", "logger", "culprit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a sample is about. Empty text leaves the field out, as Sentry does for what it does not know."""

    project: str
    environment: str
    level: str
    issue_id: str
    event_id: str
    title: str
    now: datetime
    project_id: int | None = None
    """Only a true id may be given here: projects are learned from payloads, samples included."""
    rule: str = "Production errors"
    organization: str = "acme"
    site: str = "https://sentry.example.com"
    is_test: bool = False
    """Marked as Sentry marks its own test notification."""
    settings: Mapping[str, str] | None = None
    """As chosen in the alert rule action."""
    message: str = ""
    culprit: str = "shop.checkout.views in submit"
    release: str = "shop@4.18.2"
    platform: str = "python"
    logger: str = "django.request"
    tags: Mapping[str, str] | None = None
    """Beside those that Sentry itself sets."""

    @property
    def issue_page(self) -> str:
        """The page of the issue."""
        return f"{self.site}/organizations/{self.organization}/issues/{self.issue_id}/"

    @property
    def error(self) -> tuple[str, str]:
        """(type, value) out of a title like `ValueError: no such order`."""
        kind, colon, value = self.title.partition(": ")
        return (kind, value) if colon else ("Error", self.title)


def event_alert_body(sample: Sample) -> Json:
    """`data` of `event_alert.triggered`."""
    data: dict[str, Any] = {"event": _event(sample), "triggered_rule": "" if sample.is_test else sample.rule}
    if sample.is_test or sample.settings:
        rule_id, label = (_TEST_RULE_ID, "") if sample.is_test else (12, sample.rule)
        data["issue_alert"] = {"id": rule_id, "title": label, "sentry_app_id": 7, "settings": _settings(sample)}
    return data


def _event(sample: Sample) -> Json:
    api = f"{sample.site}/api/0"
    return {
        **_event_core(sample),
        "dist": None,
        "message": sample.message,
        "datetime": _stamp(sample.now),
        "issue_id": sample.issue_id,
        "issue_url": f"{api}/organizations/{sample.organization}/issues/{sample.issue_id}/",
        "url": f"{api}/projects/{sample.organization}/{sample.project}/events/{sample.event_id}/",
        "web_url": f"{sample.issue_page}events/{sample.event_id}/",
    }


def _event_core(sample: Sample) -> dict[str, Any]:
    kind, value = sample.error
    tags = {"environment": sample.environment, "handled": "no", "level": sample.level, "release": sample.release}
    tags |= sample.tags or {}
    event = {
        "event_id": sample.event_id,
        "project": sample.project_id,
        "release": sample.release,
        "platform": sample.platform,
        "tags": [[name, text] for name, text in tags.items() if text],
        "contexts": {"runtime": {"name": "CPython", "version": "3.12.4", "type": "runtime"}},
        "culprit": sample.culprit,
        "environment": sample.environment,
        "exception": {"values": [{"type": kind, "value": value, "stacktrace": {"frames": [_frame()]}}]},
        "fingerprint": ["{{ default }}"],
        "level": sample.level,
        "location": "shop/checkout/views.py",
        "logger": sample.logger,
        "metadata": {"type": kind, "value": value, "filename": "shop/checkout/views.py", "function": "submit"},
        "request": {"url": "https://shop.example.com/checkout/submit", "method": "POST", "headers": []},
        "timestamp": sample.now.timestamp(),
        "title": sample.title,
        "type": "error",
        "version": "7",
    }
    return {name: content for name, content in event.items() if name not in _LEFT_OUT_WHEN_EMPTY or content}


def _frame() -> Json:
    return {
        "filename": "shop/checkout/views.py",
        "function": "submit",
        "module": "shop.checkout.views",
        "lineno": 128,
        "in_app": True,
        "context_line": "    order = Order.objects.get(number=number)",
    }


def issue_body(sample: Sample) -> Json:
    """`data` of `issue.resolved`."""
    kind, value = sample.error
    issue = {
        "url": f"{sample.site}/api/0/organizations/{sample.organization}/issues/{sample.issue_id}/",
        "web_url": sample.issue_page,
        "id": sample.issue_id,
        "shortId": f"{sample.project.upper()}-1",
        "title": sample.title,
        "culprit": sample.culprit,
        "permalink": sample.issue_page,
        "logger": sample.logger,
        "level": sample.level or "error",
        "status": "resolved",
        "statusDetails": {},
        "substatus": None,
        "platform": sample.platform,
        "project": _issue_project(sample),
        "type": "error",
        "metadata": {"type": kind, "value": value},
        "count": "3",
        "userCount": 1,
        "firstSeen": _stamp(sample.now - timedelta(minutes=12)),
        "lastSeen": _stamp(sample.now - timedelta(minutes=2)),
    }
    return {"resolution_type": "now", "issue": issue}


def _issue_project(sample: Sample) -> Json:
    project = {"id": str(sample.project_id), "name": sample.project, "slug": sample.project, "platform": "python"}
    return project if sample.project_id else {name: text for name, text in project.items() if name != "id"}


def metric_alert_body(sample: Sample, action: str) -> Json:
    """`data` of `metric_alert.critical`, `.warning` or `.resolved`."""
    closed = _stamp(sample.now) if action == "resolved" else None
    started = _stamp(sample.now - timedelta(minutes=10))
    incident = {
        "id": sample.event_id,
        "identifier": sample.issue_id,
        "title": sample.title,
        "projects": [sample.project],
        "status": {"critical": 20, "warning": 10}.get(action, 2),
        "type": 2,
        "date_started": started,
        "date_detected": started,
        "date_created": started,
        "date_closed": closed,
        "alert_rule": _metric_rule(sample, action),
    }
    return {
        "metric_alert": incident,
        "description_text": sample.message or "420 events in the last 10 minutes",
        "description_title": f"{action.capitalize()}: {sample.title}",
        "web_url": f"{sample.site}/organizations/{sample.organization}/alerts/rules/details/{sample.issue_id}/"
        f"?alert={sample.issue_id}",
    }


def _metric_rule(sample: Sample, action: str) -> Json:
    chosen = {"type": "sentry_app", "settings": _settings(sample), "sentry_app_installation_uuid": INSTALLATION}
    return {
        "id": str(_TEST_RULE_ID) if sample.is_test else sample.issue_id,
        "name": sample.title,
        "aggregate": "count()",
        "query": "level:error",
        "dataset": "events",
        "environment": sample.environment or None,
        "time_window": 10,
        "projects": [sample.project],
        "triggers": [{"label": action, "alert_threshold": 400, "actions": [chosen] if sample.settings else []}],
    }


def legacy_body(sample: Sample) -> Json:
    """The whole WebHooks payload."""
    event = _event_core(sample)
    return {
        "id": sample.issue_id,
        "project": sample.project,
        "project_name": sample.project,
        "project_slug": sample.project,
        "logger": None,
        "level": sample.level or None,
        "culprit": sample.culprit,
        "message": sample.message,
        "url": f"{sample.issue_page}?referrer=webhooks_plugin",
        "triggering_rules": [] if sample.is_test else [sample.rule],
        "event": {**event, "id": sample.event_id},
    }


def _settings(sample: Sample) -> Json:
    return [{"name": name, "value": value} for name, value in (sample.settings or {}).items()]


def _stamp(moment: datetime) -> str:
    """Sentry's usual notation; `moment` is in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
