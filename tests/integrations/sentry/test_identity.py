"""Which alerts are about the same problem."""

from typing import Any

import pytest

from integrations.contract import Alert
from integrations.sentry.identity import alert_key
from tests.integrations.sentry.payloads import ALL_ISSUE_ACTIONS, load
from tests.integrations.sentry.test_payload import alert_from, alert_of


def event_alert(**event: Any) -> Alert:
    return alert_from({"action": "triggered", "data": {"event": event, "triggered_rule": "r"}}, "event_alert")


def metric_alert(action: str = "critical", **data: Any) -> Alert:
    return alert_from({"action": action, "data": data}, "metric_alert")


def test_the_key_of_an_issue_is_documented_and_stable():
    assert alert_key("acme", "issue", "id", "42") == "c72f8b640e9f8051518a98e30997525696e79d0b"


def test_whatever_tells_of_one_issue_shares_its_key():
    names = [
        "event_alert.triggered__python_exception",
        "event_alert.retriggered__unknown_action",
        "issue.resolved__now",
        "issue.created__new",
        "issue.unresolved__escalating",
        "issue.archived__until_escalating",
        "activity_alert.triggered__first_version",
        "legacy__exception",
    ]
    keys = {alert_of(name, actions=ALL_ISSUE_ACTIONS).alert_key for name in names}
    assert len(keys) == 1


def test_an_event_without_an_issue_id_meets_its_issue_by_the_page():
    keys = {
        alert_of(name).alert_key
        for name in (
            "event_alert.triggered__self_hosted_2019",
            "issue.resolved__2020_without_links",
            "legacy__version_8",
        )
    }
    assert len(keys) == 1


def test_a_metric_alert_is_one_problem_from_warning_to_recovery():
    names = [
        "metric_alert.critical__with_settings",
        "metric_alert.warning__several_projects",
        "metric_alert.resolved__closed",
        "metric_alert.critical__null_incident",
    ]
    assert len({alert_of(name).alert_key for name in names}) == 1


def test_sources_and_kinds_never_share_a_key():
    name = "event_alert.triggered__python_exception"
    assert alert_of(name, source="acme").alert_key != alert_of(name, source="other").alert_key
    assert alert_key("acme", "issue", "id", "7") != alert_key("acme", "metric", "id", "7")


@pytest.mark.parametrize("issue_id", [6123450987, "6123450987"])
def test_an_id_is_the_same_as_number_and_as_text(issue_id):
    assert event_alert(issue_id=issue_id).alert_key == alert_key("acme", "issue", "id", "6123450987")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"hashes": ["h1"], "title": "a"}, {"hashes": ["h1"], "title": "b", "event_id": "2"}, True),
        ({"hashes": ["h1"]}, {"hashes": ["h2"]}, False),
        ({"hashes": ["h1"], "project": 1}, {"hashes": ["h1"], "project": 2}, False),
        ({"fingerprint": ["db", "down"]}, {"fingerprint": ["db", "down"], "level": "fatal"}, True),
        (
            {"fingerprint": ["{{ default }}"], "event_id": "1"},
            {"fingerprint": ["{{ default }}"], "event_id": "2"},
            False,
        ),
        ({"event_id": "1"}, {"event_id": "1", "title": "x"}, True),
        ({"title": "a"}, {"title": "b"}, False),
    ],
)
def test_without_an_issue_id_the_key_follows_what_sentry_groups_by(one, other, same):
    assert (event_alert(**one).alert_key == event_alert(**other).alert_key) is same


@pytest.mark.parametrize(
    "recovery",
    [
        {"metric_alert": {"id": "90017", "identifier": "214", "alert_rule": None}},
        {"metric_alert": None, "web_url": "https://sentry.io/organizations/acme/alerts/214/"},
        {"metric_alert": None, "web_url": "https://sentry.io/organizations/acme/alerts/?alert=214"},
    ],
)
def test_without_a_rule_the_incident_joins_trigger_and_recovery(recovery):
    trigger = metric_alert(metric_alert={"id": "90017", "identifier": "214", "alert_rule": {"name": "r"}})
    assert metric_alert("resolved", **recovery).alert_key == trigger.alert_key


@pytest.mark.parametrize(
    ("trigger", "recovery"),
    [
        ({"metric_alert": {"id": "90017"}}, {"metric_alert": {"id": 90017}}),
        ({"web_url": "https://s.example/organizations/a/issues/9/"}, {"web_url": "https://a.sentry.io/issues/9/?x=1"}),
        ({"description_title": "Critical: Queue depth"}, {"description_title": "Resolved: Queue depth"}),
    ],
)
def test_the_rest_of_a_metric_alert_still_joins_trigger_and_recovery(trigger, recovery):
    first = metric_alert(**{"metric_alert": None, **trigger})
    last = metric_alert("resolved", **{"metric_alert": None, **recovery})
    assert first.alert_key == last.alert_key


def test_alerts_that_name_nothing_merge_with_none():
    bare = load("event_alert.triggered__everything_null")
    other = load("event_alert.triggered__everything_null")
    other["data"]["event"]["title"] = "another"
    assert alert_from(bare, "event_alert").alert_key != alert_from(other, "event_alert").alert_key
