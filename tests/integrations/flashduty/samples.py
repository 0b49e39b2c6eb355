"""Messages and settings that the tests of this folder vary."""

from datetime import UTC, datetime
from typing import Any

from integrations.contract import (
    Alert,
    ListedAlert,
    Listing,
    Message,
    MessageType,
    RawCall,
    SentryStatus,
    Settings,
    Severity,
    Text,
)
from integrations.flashduty import DESTINATION

NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
STANDARD_URL = "https://api.flashcat.cloud/event/push/alert/standard?integration_key=key-1"
SENTRY_URL = "https://api.flashcat.cloud/event/push/alert/sentry?integration_key=key-2"


def settings(**stated: Any) -> Settings:
    return DESTINATION.check({"push_url": STANDARD_URL, **stated})


def sentry_settings() -> Settings:
    return settings(push_url=SENTRY_URL)


def alert(**changes: Any) -> Alert:
    told: dict[str, Any] = {
        "resource": "event_alert",
        "action": "triggered",
        "sentry_status": SentryStatus.TRIGGERED,
        "alert_key": "9f2c-issue-4711",
        "title": "PaymentError: card declined",
        "message": "charge ch_17 failed\nfor customer 12",
        "culprit": "shop.pay in charge",
        "error_type": "PaymentError",
        "error_value": "card declined",
        "level": "error",
        "environment": "production",
        "project_slug": "web",
        "issue_id": "4711",
        "rule_name": "new issues",
        "link": "https://sentry.example.com/organizations/acme/issues/4711/",
        "release": "web@1.4.2",
        "occurred_at": datetime(2026, 3, 2, 4, 0, 0, tzinfo=UTC),
        "tags": {"browser.name": ("Firefox",), "os-name": ("Linux",), "customer": ("12", "13")},
    }
    return Alert(**{**told, **changes})


def message(about: Alert | None = None, **changes: Any) -> Message:
    about = about or alert()
    told: dict[str, Any] = {
        "type": MessageType.ALERT,
        "severity": Severity.WARNING,
        "alert_key": about.alert_key,
        "alert": about,
        "received_at": NOW,
    }
    return Message(**{**told, **changes})


def recovery() -> Message:
    told = alert(
        resource="issue",
        action="resolved",
        sentry_status=SentryStatus.RESOLVED,
        environment=None,
        message="",
        tags={},
        rule_name=None,
        release=None,
    )
    return message(told, severity=Severity.OK, environment="production")


def metric(**changes: Any) -> Message:
    told = alert(
        resource="metric_alert",
        action="critical",
        sentry_status=SentryStatus.CRITICAL,
        alert_key="77aa-metric-31",
        kind="metric",
        title="Critical: p95 over 2 s",
        message="2.4 s in the last 10 minutes",
        culprit="",
        error_type="",
        error_value="",
        level=None,
        environment="production",
        issue_id=None,
        release=None,
        rule_name="p95 of checkout",
        tags={},
    )
    return message(told, severity=Severity.CRITICAL, **changes)


def listing(kind: MessageType, **changes: Any) -> Message:
    body = Listing(
        title=Text("3 alerts were held back", "3 条告警未推送"),
        total=3,
        per_project=(("web", 2), ("api", 1)),
        alerts=(
            ListedAlert("KeyError: 'id'", "web", Severity.CRITICAL, "https://sentry.example.com/issues/1/", 2),
            ListedAlert("Timeout", "api", Severity.WARNING, None),
        ),
        lines=(Text("The silence “deploy” has ended.", "静默“deploy”已结束。"),),
        link="https://relay.example.com/admin/silences/3/",
    )
    told: dict[str, Any] = {"type": kind, "severity": Severity.CRITICAL, "alert_key": "summary-5", "listing": body}
    return Message(**{**told, **changes})


def raw_call() -> RawCall:
    return RawCall(
        headers={
            "content-type": "application/json",
            "sentry-hook-resource": "event_alert",
            "sentry-hook-signature": "c0ffee",
            "sentry-hook-timestamp": "1772424306",
            "request-id": "0f1e2d3c",
            "x-forwarded-for": "10.0.0.1",
            "authorization": "Bearer ours",
        },
        body=b'{"action": "triggered",  "data":{"event":{"title":"\\u5f02\\u5e38"}}}',
    )
