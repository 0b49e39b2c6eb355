"""Every payload file against its expectation, and the rules that hold for all of them."""

from typing import Any

import pytest

from integrations.contract import Alert, ProjectHint, Reading
from integrations.sentry.payload import read
from integrations.sentry.resources import ALERTS as ALERT_RESOURCES
from integrations.sentry.resources import KNOWN, resource_of
from tests.integrations.sentry.expectations import ALERTS, IGNORED
from tests.integrations.sentry.payloads import ALL_ISSUE_ACTIONS, NAMES, NO_ACTIONS, call, compact, load, resource_in


def reading_of(name: str, *, source: str = "acme", actions: frozenset[str] = NO_ACTIONS) -> Reading:
    body, headers = call(name)
    return read(body, headers, source, actions)


def alert_of(name: str, *, source: str = "acme", actions: frozenset[str] = NO_ACTIONS) -> Alert:
    alert = reading_of(name, source=source, actions=actions).alert
    assert alert is not None
    return alert


def alert_from(document: dict[str, Any], resource: str) -> Alert:
    alert = read(compact(document), {"sentry-hook-resource": resource}, "acme", NO_ACTIONS).alert
    assert alert is not None
    return alert


def test_every_payload_file_has_an_expectation_and_every_expectation_a_file():
    assert sorted({*ALERTS, *IGNORED}) == NAMES


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_is_read_as_expected(name):
    alert = alert_of(name)
    expected = ALERTS[name]
    assert {field: getattr(alert, field) for field in expected} == expected
    assert alert.resource == resource_in(name)


@pytest.mark.parametrize("name", IGNORED)
def test_what_announces_nothing_is_ignored_with_its_reason(name):
    reading = reading_of(name)
    assert (reading.alert, reading.ignored) == (None, IGNORED[name])
    assert reading.resource == resource_in(name)


@pytest.mark.parametrize("name", NAMES)
def test_only_a_resource_nobody_knows_is_flagged(name):
    assert reading_of(name).unknown_resource is (name == "replay_digest.published__unknown_resource")


@pytest.mark.parametrize("name", sorted(ALERTS.keys() - {"event_alert.triggered__unknown_shape"}))
def test_a_lost_resource_header_is_recovered_from_the_body(name):
    body, headers = call(name)
    headers.pop("sentry-hook-resource", None)
    assert read(body, headers, "acme", NO_ACTIONS) == reading_of(name)


@pytest.mark.parametrize("header", sorted(KNOWN))
@pytest.mark.parametrize("name", sorted((ALERTS.keys() | IGNORED.keys()) - {"event_alert.triggered__unknown_shape"}))
def test_a_swapped_header_never_turns_a_call_into_something_else(name, header):
    if name.startswith("replay_digest"):
        return
    body, headers = call(name)
    swapped = read(body, {**headers, "sentry-hook-resource": header}, "acme", NO_ACTIONS)
    honest = reading_of(name)
    if name.startswith("activity_alert.") or header != "activity_alert":
        assert swapped.resource == honest.resource
    assert (swapped.alert is None) == (honest.alert is None)
    if swapped.alert and honest.alert:
        assert swapped.alert.sentry_status == honest.alert.sentry_status
        assert swapped.alert.alert_key == honest.alert.alert_key
        assert ("header says" in swapped.alert.unfamiliar) == (header != honest.resource)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("header", [None, "", "event_alert", "issue", "metric_alert", "error", "brand_new"])
def test_the_cheap_look_names_the_resource_that_reading_names(name, header):
    body, headers = call(name)
    headers.pop("sentry-hook-resource", None)
    if header is not None:
        headers["sentry-hook-resource"] = header
    assert resource_of(body, headers) == read(body, headers, "acme", NO_ACTIONS).resource


def test_an_unknown_resource_in_the_shape_of_an_alert_is_ignored_and_says_what_to_do():
    body, _ = call("event_alert.triggered__python_exception")
    reading = read(body, {"sentry-hook-resource": "event_alert_v2"}, "acme", NO_ACTIONS)
    assert (reading.resource, reading.ignored, reading.unknown_resource) == ("event_alert_v2", "ignored_resource", True)
    assert reading.advice is not None
    assert "proxy" in reading.advice.en


@pytest.mark.parametrize(
    ("name", "opted_in", "status"),
    [
        ("issue.created__new", {"created"}, "triggered"),
        ("issue.created__new", {"unresolved", "archived"}, None),
        ("issue.unresolved__escalating", {"unresolved"}, "triggered"),
        ("issue.archived__until_escalating", {"archived"}, "resolved"),
        ("issue.archived__until_escalating", {"ignored"}, "resolved"),
        ("issue.assigned__team", {"assigned", "created"}, None),
        ("issue.resolved__now", set(), "resolved"),
    ],
)
def test_an_issue_action_is_an_alert_only_where_the_source_opted_in(name, opted_in, status):
    reading = reading_of(name, actions=frozenset(opted_in))
    assert (reading.alert.sentry_status if reading.alert else None) == status
    assert reading.ignored == ("" if status else "ignored_action")


def test_the_older_word_for_archiving_is_the_same_action():
    document = load("issue.archived__until_escalating") | {"action": "ignored"}
    reading = read(compact(document), {"sentry-hook-resource": "issue"}, "acme", frozenset({"archived"}))
    assert reading.alert is not None
    assert reading.alert.is_resolved


def test_a_new_issue_and_a_regression_have_the_time_of_their_event():
    created = alert_of("issue.created__new", actions=ALL_ISSUE_ACTIONS).occurred_at
    again = alert_of("issue.unresolved__escalating", actions=ALL_ISSUE_ACTIONS).occurred_at
    assert created is not None
    assert again is not None
    assert (again - created).total_seconds() == 600


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("event_alert.triggered__python_exception", [("billing", 4507711223344128, "")]),
        ("issue.resolved__now", [("billing", 4507711223344128, "Billing service")]),
        ("issue.assigned__team", [("billing", 4507711223344128, "Billing service")]),
        ("error.created__go", [("gateway", 4507711223344130, "")]),
        ("metric_alert.warning__several_projects", [("storefront", None, ""), ("billing", None, "")]),
        ("legacy__exception", [("billing", 4507711223344128, "Billing service")]),
        ("comment.created__on_issue", [("billing", None, "")]),
        ("preprod_artifact.size_analysis_completed__apk", [("app-android", 4507711223344131, "")]),
        ("seer.root_cause_started__run", []),
        ("event_alert.triggered__everything_null", []),
    ],
)
def test_projects_are_learned_from_whatever_names_them(name, hints):
    assert reading_of(name).projects == tuple(ProjectHint(*hint) for hint in hints)


def test_alerts_are_read_from_the_resources_that_are_declared_so():
    assert {resource_in(name) for name in ALERTS} == ALERT_RESOURCES
