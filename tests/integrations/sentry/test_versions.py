"""What versions of Sentry between 8 and today wrote, and what no version should: where, how loud, which link, which key."""

from typing import Any

import pytest

from integrations.contract import Reading
from integrations.sentry import SOURCE
from tests.integrations.sentry.payloads import ALL_ISSUE_ACTIONS, compact

HOST = "https://sentry.corp.example"
EVENT = f"{HOST}/api/0/projects/ops/pay-api/events/{{}}/"
PAGE = f"{HOST}/organizations/ops/issues/{{}}/"
INSTALLATION = {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9"}


def read(document: Any, resource: str) -> Reading:
    headers = {"sentry-hook-resource": resource} if resource else {}
    return SOURCE.read(compact(document), headers, "acme", ALL_ISSUE_ACTIONS)


def envelope(action: str, **data: Any) -> dict[str, Any]:
    return {
        "action": action,
        "installation": INSTALLATION,
        "data": data,
        "actor": {"type": "user", "id": 1, "name": ""},
    }


def event_alert(event: dict[str, Any], **data: Any) -> dict[str, Any]:
    return envelope("triggered", event=event, **data)


def issue(action: str, **fields: Any) -> dict[str, Any]:
    return envelope(action, issue=fields)


def legacy(**fields: Any) -> dict[str, Any]:
    return {"project": "pay-api", "triggering_rules": ["R"], "event": {}, **fields}


CALLS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "2019, self-hosted: the issue's number in links only, CJK and emoji in all texts": (
        "event_alert",
        event_alert(
            {
                "project": 3,
                "url": EVENT.format("a1"),
                "web_url": PAGE.format(4711) + "events/a1/",
                "issue_url": f"{HOST}/api/0/issues/4711/",
                "title": "ValueError: 余额不足 💥",
                "level": "error",
                "datetime": "2019-11-30T01:02:03.000456Z",
                "tags": [["environment", "生产"], ["k"], "bad", ["a", "b", "c"], ["x", None]],
            },
            triggered_rule="全部新问题",
        ),
        {
            "project_slug": "pay-api",
            "project_id": 3,
            "issue_id": "4711",
            "environment": "生产",
            "level": "error",
            "title": "ValueError: 余额不足 💥",
            "rule_name": "全部新问题",
            "link": PAGE.format(4711) + "events/a1/",
        },
    ),
    "2026, sentry.io: numbers of 16 digits, a customer's domain, a setting without a value": (
        "event_alert",
        event_alert(
            {
                "project": 4510703106785280,
                "url": "https://us.sentry.io/api/0/projects/acme-cn/web-shop/events/b2/",
                "web_url": "https://acme-cn.sentry.io/issues/6912345678901234/events/b2/?project=4510703106785280",
                "issue_id": "6912345678901234",
                "environment": "production",
                "release": None,
                "culprit": None,
                "level": "fatal",
            },
            triggered_rule="R",
            issue_alert={"id": 4510703106785281, "settings": [{"name": "target", "value": None}]},
        ),
        {
            "project_slug": "web-shop",
            "project_id": 4510703106785280,
            "issue_id": "6912345678901234",
            "organization": "acme-cn",
            "environment": "production",
            "level": "fatal",
            "rule_id": "4510703106785281",
            "lacks_settings": True,
        },
    ),
    "a metric alert whose incident is null": (
        "metric_alert",
        envelope(
            "critical",
            metric_alert=None,
            description_title="Critical: 错误率过高",
            web_url=f"{HOST}/organizations/ops/alerts/rules/details/12/?alert=77",
        ),
        {"project_slug": None, "level": None, "rule_name": "错误率过高", "rule_id": "12", "sentry_status": "critical"},
    ),
    "its recovery, whose rule is null": (
        "metric_alert",
        envelope(
            "resolved",
            metric_alert={"identifier": "77", "projects": ["web-shop", "api"], "alert_rule": None, "activities": None},
            description_title="Resolved: 错误率过高",
            web_url=f"{HOST}/organizations/ops/alerts/rules/details/12/?alert=77",
        ),
        {"project_slugs": ("web-shop", "api"), "sentry_status": "resolved", "rule_name": "错误率过高"},
    ),
    "a metric alert with objects for names": (
        "metric_alert",
        envelope(
            "warning",
            metric_alert={
                "projects": [{"slug": "api"}, None, 3],
                "alert_rule": {"id": 98, "name": "慢", "environment": {"name": "staging"}, "triggers": [None, 3]},
            },
        ),
        {"project_slug": "api", "environment": "staging", "rule_id": "98", "sentry_status": "warning"},
    ),
    "issue.created of 2026: times with a zone, no short id": (
        "issue",
        issue(
            "created",
            id="4711",
            shortId=None,
            title="数据库超时🙈",
            culprit=None,
            level="warning",
            project={"id": "3", "name": "支付", "slug": "pay-api", "platform": None},
            firstSeen="2026-11-21T17:00:00+00:00",
            permalink=None,
            web_url=PAGE.format(4711),
        ),
        {
            "project_slug": "pay-api",
            "project_id": 3,
            "level": "warning",
            "environment": None,
            "link": PAGE.format(4711),
        },
    ),
    "issue.resolved with numbers for texts": (
        "issue",
        issue("resolved", id=4711, project={"id": 3, "slug": "pay-api"}),
        {"issue_id": "4711", "project_slug": "pay-api", "project_id": 3, "sentry_status": "resolved"},
    ),
    "the first activity alert: a name for the title, webUrl for the page": (
        "activity_alert",
        envelope(
            "triggered",
            issue={"id": "4711", "webUrl": PAGE.format(4711), "project": {"slug": "pay-api", "id": 3}},
            activity={"type": "seer_root_cause_completed", "details": None},
            alert={"id": 5, "name": "老规则", "url": 3},
        ),
        {"rule_name": "老规则", "link": PAGE.format(4711), "project_slug": "pay-api", "issue_id": "4711"},
    ),
    "WebHooks of Sentry 8": (
        "",
        {
            "project": "pay-api",
            "id": "4711",
            "level": "error",
            "url": f"{HOST}/ops/pay-api/issues/4711/",
            "event": {
                "sentry.interfaces.Exception": [{"type": "OperationalError", "value": "断开"}],
                "tags": [["sentry:release", "v1"], ["environment", "prod"]],
            },
        },
        {
            "project_slug": "pay-api",
            "issue_id": "4711",
            "environment": "prod",
            "release": "v1",
            "title": "OperationalError: 断开",
        },
    ),
    "the test of a WebHooks rule": ("", legacy(triggering_rules=[""], id=4711), {"is_test": True, "issue_id": "4711"}),
    "WebHooks around an event that is none": (
        "",
        legacy(event=None, id="4711", level="error", url=f"{HOST}/ops/pay-api/issues/4711/"),
        {"project_slug": "pay-api", "issue_id": "4711", "level": "error", "rule_name": "R"},
    ),
    "a link that runs": (
        "event_alert",
        event_alert({"issue_id": "4711", "web_url": "javascript:alert(1)", "url": "file:///etc/passwd"}),
        {"link": None, "issue_id": "4711"},
    ),
    "lists for objects": (
        "event_alert",
        event_alert({"issue_id": "4711", "exception": [1], "user": [], "contexts": [], "metadata": [], "request": [1]}),
        {"issue_id": "4711", "title": ""},
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_version_is_read(name: str) -> None:
    resource, document, told = CALLS[name]
    alert = read(document, resource).alert
    assert alert is not None
    assert {field: getattr(alert, field) for field in told} == told


@pytest.mark.parametrize(
    "names",
    [
        (
            "2019, self-hosted: the issue's number in links only, CJK and emoji in all texts",
            "issue.created of 2026: times with a zone, no short id",
            "issue.resolved with numbers for texts",
            "the first activity alert: a name for the title, webUrl for the page",
            "WebHooks of Sentry 8",
        ),
        ("a metric alert whose incident is null", "its recovery, whose rule is null"),
    ],
)
def test_one_problem_has_one_key_whatever_tells_of_it(names: tuple[str, ...]) -> None:
    keys = {alert.alert_key for name in names if (alert := read(CALLS[name][1], CALLS[name][0]).alert)}
    assert len(keys) == 1


@pytest.mark.parametrize("event", [None, 0, "", [], [[1]], True])
def test_webhooks_are_known_by_their_rules_whatever_the_event_is(event: object) -> None:
    assert SOURCE.is_legacy(compact(legacy(event=event)), {})
    assert not SOURCE.is_legacy(compact({"project": "pay-api", "event": event}), {})
