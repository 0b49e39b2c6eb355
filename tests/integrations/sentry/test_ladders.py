"""Where a field may stand: the first place that says something counts."""

from typing import Any

import pytest

from integrations.contract import Alert
from tests.integrations.sentry.test_payload import alert_from

URL = "https://sentry.io/api/0/projects/acme/{}/events/abc/"


def event_alert(event: dict[str, Any], **data: Any) -> Alert:
    return alert_from({"action": "triggered", "data": {"event": event, **data}}, "event_alert")


@pytest.mark.parametrize(
    ("event", "title"),
    [
        ({"title": "T", "metadata": {"title": "M"}}, "T"),
        ({"title": "/checkout", "occurrence": {"issueTitle": "N+1 Query"}}, "N+1 Query"),
        ({"title": "<unlabeled event>", "metadata": {"type": "E", "value": "v"}}, "E: v"),
        ({"title": None, "metadata": {"title": "M"}}, "M"),
        ({"metadata": {"type": "E"}}, "E"),
        ({"exception": {"values": [{"type": "Inner"}, {"type": "Outer", "value": "v"}]}}, "Outer: v"),
        ({"exception": [{"type": "Old", "value": "v"}]}, "Old: v"),
        ({"message": "said"}, "said"),
        ({"logentry": {"message": "raw"}}, "raw"),
        ({"sentry.interfaces.Message": {"formatted": "older"}}, "older"),
        ({"culprit": "a.b in c"}, "a.b in c"),
        ({}, ""),
    ],
)
def test_the_title(event, title):
    assert event_alert(event).title == title


@pytest.mark.parametrize(
    ("event", "level"),
    [
        ({"level": "Fatal", "tags": [["level", "info"]]}, "fatal"),
        ({"tags": [["level", "info"]]}, "info"),
        ({"level": 40}, "error"),
        ({"level": 41, "tags": [["level", "info"]]}, "info"),
        ({"level": "sample"}, "sample"),
        ({"level": None}, None),
    ],
)
def test_the_level(event, level):
    assert event_alert(event).level == level


@pytest.mark.parametrize(
    ("event", "environment"),
    [
        ({"environment": "staging", "tags": [["environment", "production"]]}, "staging"),
        ({"environment": "", "tags": {"environment": "production"}}, "production"),
        ({"environment": {"name": "x"}}, None),
        ({}, None),
    ],
)
def test_the_environment(event, environment):
    assert event_alert(event).environment == environment


@pytest.mark.parametrize(
    ("event", "slug", "project_id"),
    [
        ({"url": URL.format("web"), "project": 7, "project_slug": "other"}, "web", 7),
        ({"project": {"id": "7", "slug": "web"}}, "web", 7),
        ({"project": 7, "project_slug": "web"}, "web", 7),
        ({"project": "web"}, "web", None),
        ({"project": "7"}, None, 7),
        ({"url": URL.format("7"), "project": 7}, None, 7),
        ({"project": 2**64}, None, None),
        ({"project": -1}, None, None),
        ({}, None, None),
    ],
)
def test_the_project(event, slug, project_id):
    alert = event_alert(event)
    assert (alert.project_slug, alert.project_id) == (slug, project_id)


@pytest.mark.parametrize(
    ("event", "issue_id"),
    [
        ({"issue_id": "12"}, "12"),
        ({"issue_id": 12}, "12"),
        ({"web_url": "https://sentry.io/organizations/acme/issues/12/events/abc/"}, "12"),
        ({"issue_url": "https://sentry.io/api/0/organizations/acme/issues/12/"}, "12"),
        ({"issue_id": None}, None),
    ],
)
def test_the_issue(event, issue_id):
    assert event_alert(event).issue_id == issue_id


@pytest.mark.parametrize(
    ("event", "occurred"),
    [
        ({"datetime": "2026-03-04T05:06:07Z", "timestamp": 1}, 1772600767),
        ({"datetime": "soon", "timestamp": 1772600767.0, "received": 1772600999}, 1772600767),
        ({"received": 1772600767}, 1772600767),
    ],
)
def test_the_time(event, occurred):
    at = event_alert(event).occurred_at
    assert at is not None
    assert at.timestamp() == occurred


@pytest.mark.parametrize(
    ("data", "name", "rule_id", "is_test"),
    [
        ({"triggered_rule": "R", "issue_alert": {"id": "5", "title": "T"}}, "R", "5", False),
        ({"issue_alert": {"title": "T"}}, "T", None, False),
        ({"triggered_rule": ""}, None, None, True),
        ({"triggered_rule": "", "issue_alert": {"id": 5, "title": "T"}}, "T", "5", False),
        ({"triggered_rule": "R", "issue_alert": {"id": "-1"}}, "R", None, True),
        ({"triggered_rule": None}, None, None, False),
        ({}, None, None, False),
    ],
)
def test_the_rule_and_the_mark_of_a_test(data, name, rule_id, is_test):
    alert = event_alert({"event_id": "e"}, **data)
    assert (alert.rule_name, alert.rule_id, alert.is_test) == (name, rule_id, is_test)


@pytest.mark.parametrize(
    ("document", "status", "unfamiliar"),
    [
        ({"action": "CRITICAL", "data": {"metric_alert": {}}}, "critical", ""),
        ({"data": {"metric_alert": None, "description_title": "Resolved: x"}}, "resolved", ""),
        ({"data": {"metric_alert": None, "description_title": "Checkout: x"}}, "triggered", "action missing"),
        ({"action": "warning", "data": {"surprise": 1}}, "warning", "no metric alert in the data"),
        ({"action": "warning"}, "warning", "no metric alert in the data"),
        ({"action": "gone", "data": []}, "triggered", "action gone; no metric alert in the data"),
    ],
)
def test_the_status_of_a_metric_alert(document, status, unfamiliar):
    alert = alert_from(document, "metric_alert")
    assert (alert.sentry_status, alert.unfamiliar) == (status, unfamiliar)


@pytest.mark.parametrize(
    ("action", "owner", "settings"),
    [
        ("critical", "mine", {"target": "loud"}),
        ("warning", "mine", {"target": "quiet"}),
        ("resolved", "mine", {"target": "loud"}),
        ("critical", None, {"target": "loud"}),
        ("critical", "another", {}),
    ],
)
def test_the_settings_of_a_metric_alert(action, owner, settings):
    def trigger(label: str, target: str) -> dict[str, Any]:
        setting = {"name": "target", "value": target}
        return {"label": label, "actions": [{"settings": [setting], "sentry_app_installation_uuid": owner}]}

    rule = {"id": 1, "triggers": [trigger("critical", "loud"), trigger("warning", "quiet")]}
    data = {"metric_alert": {"alert_rule": rule}}
    alert = alert_from({"action": action, "installation": {"uuid": "mine"}, "data": data}, "metric_alert")
    assert alert.settings == settings


def test_an_organisation_comes_from_an_address_or_from_the_installation():
    organized = {"installation": {"organization": {"slug": "acme"}}, "action": "triggered"}
    assert alert_from({**organized, "data": {"event": {"title": "x"}}}, "event_alert").organization == "acme"
    url = {"web_url": "https://other.sentry.io/issues/1/"}
    assert alert_from({**organized, "data": {"event": url}}, "event_alert").organization == "other"
