"""Messages and settings that the tests of this folder vary; running it writes the golden files anew."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from integrations.contract import (
    Alert,
    ListedAlert,
    Listing,
    Message,
    MessageType,
    OutcomeKind,
    SentryStatus,
    Settings,
    Severity,
    Text,
)
from integrations.feishu import DESTINATION

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "feishu"
NOW = datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)
URL = "https://open.feishu.cn/open-apis/bot/v2/hook/token-1"
LINK = "https://sentry.example.com/organizations/acme/issues/4711/?referrer=webhooks"


def settings(**stated: Any) -> Settings:
    return DESTINATION.check({"webhook_url": URL, **stated})


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
        "project_slug": "web-shop",
        "issue_id": "4711",
        "link": LINK,
        "occurred_at": datetime(2026, 3, 2, 4, 0, 0, tzinfo=UTC),
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


def recovery(**changes: Any) -> Message:
    told = alert(resource="issue", action="resolved", sentry_status=SentryStatus.RESOLVED, environment=None, message="")
    return message(told, **{"severity": Severity.OK, "environment": "production", **changes})


def metric(**changes: Any) -> Message:
    told = alert(
        resource="metric_alert",
        action="critical",
        sentry_status=SentryStatus.CRITICAL,
        kind="metric",
        title="Critical: p95 over 2 s",
        message="2.4 s in the last 10 minutes",
        culprit="",
        error_type="",
        error_value="",
        level=None,
        issue_id=None,
        rule_name="p95 of checkout",
    )
    return message(told, **{"severity": Severity.CRITICAL, **changes})


def listing(kind: MessageType, **changes: Any) -> Message:
    body = Listing(
        title=Text("3 alerts were held back", "3 条告警未推送"),
        total=3,
        per_project=(("web-shop", 2), ("api", 1)),
        alerts=(
            ListedAlert("KeyError: 'id'", "web-shop", Severity.CRITICAL, "https://sentry.example.com/issues/1/", 2),
            ListedAlert("Timeout", None, Severity.WARNING, None),
        ),
        lines=(Text("The silence “deploy” has ended.", "静默“deploy”已结束。"),),
        link="https://relay.example.com/admin/silences/3/",
    )
    told: dict[str, Any] = {"type": kind, "severity": Severity.CRITICAL, "alert_key": "listing-5", "listing": body}
    return Message(**{**told, **changes})


def operations() -> Message:
    body = Listing(
        title=Text("Feishu bot “Payments” was removed from its group", "飞书机器人「支付组」已被移出群"),
        lines=(Text("Add it again and paste the new address.", "请重新添加机器人，并粘贴新的地址。"),),
        link="https://relay.example.com/admin/targets/7/",
    )
    return listing(MessageType.OPERATIONS, listing=body, severity=Severity.WARNING)


def _bare() -> Alert:
    return Alert(
        resource="event_alert", action="triggered", sentry_status=SentryStatus.TRIGGERED, alert_key="k", title="Oops"
    )


MESSAGES: dict[str, Message] = {
    "firing": message(),
    "firing_with_everything_around_it": message(
        severity=Severity.CRITICAL,
        late_minutes=23,
        fallback_of="支付组",
        log_link="https://relay.example.com/admin/inbounds/81/",
        mute_link="https://relay.example.com/mute/signed-token/",
    ),
    "firing_of_a_bare_payload": replace(message(_bare()), received_at=None),
    "metric_alert": metric(),
    "recovery": recovery(),
    "test": message(is_test=True),
    "summary": listing(MessageType.SUMMARY),
    "digest": listing(MessageType.DIGEST),
    "operations": operations(),
}
"""One of every kind; the keys name the golden files."""

VARIANTS: dict[str, tuple[dict[str, Any], OutcomeKind | None]] = {
    f"{language} {form}": (
        {
            "language": language,
            "answer_links": "none" if language == "zh-hans" else "trace_and_mute",
            "mention": {"critical": ["all", "ou_1"]},
            "keyword": "告警",
        }
        | ({"card_schema": form} if form != "text" else {}),
        OutcomeKind.SIMPLIFY if form == "text" else None,
    )
    for language in ("zh-hans", "en")
    for form in ("1.0", "2.0", "text")
}
"""Every form a message can take: settings, and the simplification asked for."""


def rendered(about: Message, variant: str, **stated: Any) -> Any:
    """The body that a variant sends, read back from its bytes."""
    changes, simplification = VARIANTS[variant]
    request = DESTINATION.render(about, settings(**{**changes, **stated}), NOW, simplification)
    return json.loads(request.body)


def golden(name: str) -> Path:
    return FIXTURES / "messages" / f"{name}.json"


def _readable(value: Any, depth: int) -> str:
    """JSON with one element of a card on each line."""
    if depth == 0 or not isinstance(value, dict | list) or not value:
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        lines = [f"{json.dumps(key)}: {_readable(part, depth - 1)}" for key, part in value.items()]
        return "{\n" + ",\n".join(lines) + "\n}"
    return "[\n" + ",\n".join(_readable(part, depth - 1) for part in value) + "\n]"


if __name__ == "__main__":
    for name, about in MESSAGES.items():
        variants = {variant: rendered(about, variant) for variant in VARIANTS}
        golden(name).write_text(_readable(variants, 5) + "\n", encoding="utf-8")
