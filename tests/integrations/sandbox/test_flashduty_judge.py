from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.flashduty import FAULTS, judge_flashduty
from integrations.sandbox.verdict import AlertState, SandboxIntegration, Seen, Verdict
from tests.integrations.sandbox.calls import INTEGRATION, NOW, event, to_integration

SENTRY = SandboxIntegration(key="key-1", mode="sentry")


def answer(verdict: Verdict) -> tuple[int, str | None]:
    return verdict.status, orjson.loads(verdict.body).get("error", {}).get("code")


def judged(document: Any, alerts: dict[str, AlertState] | None = None) -> Verdict:
    verdict = judge_flashduty(to_integration(document), INTEGRATION, NOW, alerts=alerts)
    assert verdict.accepted, verdict.reason
    return verdict


def seen_of(document: Any) -> Seen:
    seen = judged(document).seen
    assert seen
    return seen


def test_a_good_event_is_answered_as_flashduty_does_and_seen() -> None:
    verdict = judged(event())
    body = orjson.loads(verdict.body)
    assert verdict.status == 200
    assert body["data"] == {"alert_key": "k-1"}
    assert body["request_id"] == verdict.headers["flashcat-request-id"]
    assert len(body["request_id"]) == 32
    seen = verdict.seen
    assert seen
    assert (seen.form, seen.title, seen.event_status, seen.colour) == ("event", "[web] boom", "Warning", "orange")
    assert (seen.alert_key, seen.labels) == ("k-1", {"source": "sentry", "project": "web"})
    assert seen.texts == ("Sentry 告警\nboom",)
    assert (seen.change, seen.overrides) == ("opened", {})


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"method": "GET"}, 400, "MethodNotAllowed"),
        ({"path": "/event/push/alert/sentry"}, 404, "RouteNotFound"),
        ({"path": "/event/push/alert/standard/"}, 404, "RouteNotFound"),
        ({"headers": {}}, 400, "InvalidContentType"),
        ({"headers": {"content-type": "text/plain"}}, 400, "InvalidContentType"),
        ({"query": ""}, 400, "InvalidParameter"),
        ({"query": "integration_key=key-2"}, 400, "InvalidParameter"),
        ({"query": "integration_key=key-1&integration_key=key-1"}, 400, "InvalidParameter"),
        ({"query": "integration_key=%E9%92%A5"}, 400, "InvalidParameter"),
        ({"body": b"{"}, 400, "InvalidParameter"),
        ({"body": b"[]"}, 400, "InvalidParameter"),
        ({"body": b"\xff"}, 400, "InvalidParameter"),
    ],
)
def test_a_call_that_is_none_is_refused(changes: dict[str, Any], status: int, code: str) -> None:
    verdict = judge_flashduty(to_integration(event(), **changes), INTEGRATION, NOW)
    assert answer(verdict) == (status, code)
    assert (verdict.accepted, verdict.seen) == (False, None)
    assert verdict.headers["flashcat-request-id"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"title_rule": ...}, "title_rule"),
        ({"title_rule": " "}, "title_rule"),
        ({"title_rule": 5}, "title_rule"),
        ({"event_status": ...}, "event_status"),
        ({"event_status": "critical"}, "event_status"),
        ({"event_status": "OK"}, "event_status"),
        ({"event_status": ["Ok"]}, "event_status"),
        ({"alert_key": 5}, "alert_key"),
        ({"alert_key": "k" * 256}, "alert_key"),
        ({"event_status": "Ok", "alert_key": ...}, "alert_key"),
        ({"event_status": "Ok", "alert_key": ""}, "alert_key"),
        ({"description": None}, "description"),
        ({"labels": []}, "labels"),
        ({"labels": {"a": 1}}, "labels"),
        ({"labels": {"a": None}}, "labels"),
        ({"labels": {f"l{n}": "v" for n in range(51)}}, "50"),
        ({"labels": {"browser.name": "x"}}, "browser.name"),
        ({"labels": {"1st": "x"}}, "1st"),
        ({"labels": {"客户": "x"}}, "客户"),
        ({"labels": {"": "x"}}, "name"),
        ({"labels": {"l" * 129: "x"}}, "name"),
    ],
)
def test_an_event_that_breaks_a_rule_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    verdict = judge_flashduty(to_integration(event(**changes)), INTEGRATION, NOW)
    assert answer(verdict) == (400, "InvalidParameter")
    assert named in orjson.loads(verdict.body)["error"]["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"alert_key": "k" * 255},
        {"description": ...},
        {"labels": ...},
        {"labels": {f"l{n}": "v" for n in range(50)}},
        {"labels": {"_A9" + "l" * 125: ""}},
        {"unheard_of": 1},
    ],
)
def test_an_event_within_the_rules_is_taken(changes: dict[str, Any]) -> None:
    judged(event(**changes))


def test_what_is_too_long_is_cut_and_not_refused() -> None:
    seen = seen_of(event(title_rule="t" * 600, description="d" * 3000, labels={"l": "v" * 3000}))
    assert (len(seen.title), len(seen.texts[0]), len(seen.labels["l"])) == (512, 2048, 2048)


def test_a_missing_key_is_made_and_told() -> None:
    verdict = judged(event(alert_key=...))
    assert verdict.seen
    assert orjson.loads(verdict.body)["data"]["alert_key"] == verdict.seen.alert_key != ""


# ---------------------------------------------------------------- what it expands and obeys


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("[TPL]${project} down", "web down"),
        ("[TPL]${nothing} down", "<no value> down"),
        ("[TPL]{{ .Labels.project }} down", "web down"),
        ("[web] $project::$source", "[web] web::sentry"),
        ("[web] ${project}", "[web] web"),
        ("[web] $nothing $5", "[web] $nothing $5"),
        ("[web] ＄project", "[web] ＄project"),
        ("[web] [TPL]{{ .Labels.project }}", "[web] [TPL]{{ .Labels.project }}"),
    ],
)
def test_titles_are_expanded_as_in_the_vendors_examples(title: str, shown: str) -> None:
    assert seen_of(event(title_rule=title)).title == shown


def test_labels_and_parameters_named_layer_replace_who_is_paged() -> None:
    call = to_integration(
        event(labels={"layer_person_reset_1_emails": "a@x.example", "a": "b"}),
        query="integration_key=key-1&layer_webhook_reset_1_feishus=token",
    )
    seen = judge_flashduty(call, INTEGRATION, NOW).seen
    assert seen
    assert seen.labels == {"a": "b"}
    assert seen.overrides == {"layer_person_reset_1_emails": "a@x.example", "layer_webhook_reset_1_feishus": "token"}


def test_a_description_that_switches_to_markdown_looks_different() -> None:
    marked, plain = seen_of(event(description="[MD]# x")), seen_of(event(description="x [MD]# x"))
    assert [span.bold for span in marked.spans] == [True]
    assert marked.texts == ("# x",)
    assert [span.bold for span in plain.spans] == [False]


# ---------------------------------------------------------------- the life of an alert


def play(*documents: Any) -> tuple[list[str], AlertState | None]:
    alerts: dict[str, AlertState] = {}
    changes: list[str] = []
    for document in documents:
        verdict = judged(document, alerts)
        assert verdict.seen
        changes.append(verdict.seen.change)
        if verdict.alert:
            alerts[verdict.alert.alert_key] = verdict.alert
    return changes, alerts.get("k-1")


OK = {"event_status": "Ok"}


@pytest.mark.parametrize(
    ("documents", "changes", "is_open", "opened", "duplicates"),
    [
        ([event()], ["opened"], True, 1, 0),
        ([event(), event()], ["opened", "duplicate"], True, 1, 1),
        ([event(), event(labels={"n": "2"})], ["opened", "duplicate"], True, 1, 1),
        ([event(), event(event_status="Critical")], ["opened", "updated"], True, 1, 0),
        ([event(), event(title_rule="[web] other")], ["opened", "updated"], True, 1, 0),
        ([event(), event(description="other")], ["opened", "updated"], True, 1, 0),
        ([event(), event(**OK)], ["opened", "closed"], False, 1, 0),
        ([event(), event(**OK), event(**OK)], ["opened", "closed", "unmatched_recovery"], False, 1, 0),
        ([event(), event(**OK), event()], ["opened", "closed", "opened"], True, 2, 0),
        ([event(), event(), event(event_status="Info")], ["opened", "duplicate", "updated"], True, 1, 1),
        ([event(), event(alert_key="k-2")], ["opened", "opened"], True, 1, 0),
    ],
)
def test_an_alert_lives_by_its_key(
    documents: list[Any], changes: list[str], is_open: bool, opened: int, duplicates: int
) -> None:
    told, alert = play(*documents)
    assert told == changes
    assert alert
    assert (alert.is_open, alert.opened, alert.duplicates) == (is_open, opened, duplicates)


def test_a_recovery_of_nothing_leaves_nothing() -> None:
    assert play(event(**OK)) == (["unmatched_recovery"], None)


def test_a_recovery_only_adds_labels_while_a_trigger_replaces_them() -> None:
    _, after_ok = play(event(labels={"a": "1"}), event(**OK, labels={"a": "2", "b": "3"}))
    assert after_ok
    assert after_ok.labels == {"a": "1", "b": "3"}
    _, after_trigger = play(event(labels={"a": "1"}), event(labels={"b": "2"}))
    assert after_trigger
    assert after_trigger.labels == {"b": "2"}


# ---------------------------------------------------------------- rate, faults


@pytest.mark.parametrize(
    ("ages", "taken"),
    [
        ([0.5] * 99, True),
        ([0.5] * 100, False),
        ([1.0] * 100, True),
        ([30.0] * 999, True),
        ([30.0] * 1000, False),
        ([60.0] * 1000, True),
    ],
)
def test_a_hundred_a_second_and_a_thousand_a_minute_pass(ages: list[float], taken: bool) -> None:
    recent = [NOW - timedelta(seconds=age) for age in ages]
    verdict = judge_flashduty(to_integration(event()), INTEGRATION, NOW, recent)
    assert answer(verdict) == ((200, None) if taken else (429, "RequestTooFrequently"))


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("bad_key", 400, "InvalidParameter"),
        ("no_license", 400, "NoLicense"),
        ("too_large", 413, "EntityTooLarge"),
        ("rate_limited", 429, "RequestTooFrequently"),
        ("rate_limited_plain", 429, "RequestTooFrequently"),
        ("http_500", 500, "InternalError"),
        ("http_503", 503, "ServiceUnavailable"),
        ("error_in_200", 200, "InvalidParameter"),
    ],
)
def test_a_failure_can_be_asked_for(fault: str, status: int, code: str) -> None:
    verdict = judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault=fault)
    assert answer(verdict) == (status, code)
    assert (verdict.accepted, verdict.seen) == (False, None)


def test_one_of_the_two_throttles_says_how_long_to_wait() -> None:
    told = judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault="rate_limited")
    plain = judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault="rate_limited_plain")
    assert told.headers["retry-after"] == "2"
    assert "retry-after" not in plain.headers


@pytest.mark.parametrize(("fault", "status"), [("http_502", 502), ("html", 200)])
def test_a_page_of_html_can_be_asked_for(fault: str, status: int) -> None:
    verdict = judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault=fault)
    assert (verdict.status, verdict.accepted) == (status, False)
    assert verdict.body.startswith(b"<html>")


@pytest.mark.parametrize(
    ("fault", "status", "is_seen", "empty"),
    [("empty", 200, True, True), ("lost_answer", 500, True, False), ("silent_drop", 200, False, False)],
)
def test_some_faults_take_the_event(fault: str, status: int, is_seen: bool, empty: bool) -> None:
    verdict = judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault=fault)
    assert (verdict.status, verdict.accepted, not verdict.body) == (status, True, empty)
    assert (verdict.seen is not None, verdict.alert is not None) == (is_seen, is_seen)


@pytest.mark.parametrize("fault", ["empty", "lost_answer", "silent_drop"])
def test_a_fault_that_needs_a_good_event_does_not_save_a_bad_one(fault: str) -> None:
    assert answer(judge_flashduty(to_integration({}), INTEGRATION, NOW, fault=fault)) == (400, "InvalidParameter")


def test_an_unknown_fault_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="no such fault: nonsense"):
        judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault="nonsense")


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_has_an_answer(fault: str) -> None:
    assert judge_flashduty(to_integration(event()), INTEGRATION, NOW, fault=fault).reason


# ---------------------------------------------------------------- Flashduty's own Sentry integration


def from_sentry(resource: str, document: Any) -> Verdict:
    headers = {"content-type": "application/json", "sentry-hook-resource": resource}
    call = to_integration(document, path="/event/push/alert/sentry", headers=headers)
    return judge_flashduty(call, SENTRY, NOW)


@pytest.mark.parametrize(
    ("resource", "action", "data", "status", "key", "title"),
    [
        ("event_alert", "triggered", {"event": {"issue_id": "5", "title": "E"}}, "Warning", "issue-5", "E"),
        ("issue", "resolved", {"issue": {"id": 5, "title": "E"}}, "Ok", "issue-5", "E"),
        ("metric_alert", "critical", {"metric_alert": {"alert_rule": {"id": 7}}}, "Critical", "metric-7", "Sentry"),
        ("metric_alert", "warning", {"metric_alert": {"alert_rule": {"id": 7}}}, "Warning", "metric-7", "Sentry"),
        ("metric_alert", "resolved", {"metric_alert": {"alert_rule": {"id": 7}}}, "Ok", "metric-7", "Sentry"),
        ("metric_alert", "critical", None, "Critical", "metric-None", "Sentry"),
    ],
)
def test_the_sentry_integration_reads_sentrys_calls_by_its_own_table(
    resource: str, action: str, data: Any, status: str, key: str, title: str
) -> None:
    seen = from_sentry(resource, {"action": action, "data": data}).seen
    assert seen
    assert (seen.event_status, seen.alert_key, seen.title) == (status, key, title)


@pytest.mark.parametrize(
    ("resource", "action"),
    [("issue", "created"), ("issue", "triggered"), ("error", "created"), ("event_alert", "x"), ("event_alert", 5)],
)
def test_what_the_sentry_integration_does_not_handle_is_taken_and_unseen(resource: str, action: Any) -> None:
    verdict = from_sentry(resource, {"action": action})
    assert (verdict.status, verdict.accepted, verdict.seen) == (200, True, None)


def test_the_sentry_integration_needs_sentrys_header() -> None:
    call = to_integration({"action": "triggered"}, path="/event/push/alert/sentry")
    assert answer(judge_flashduty(call, SENTRY, NOW)) == (400, "InvalidParameter")


# ---------------------------------------------------------------- anything


@given(
    document=st.dictionaries(
        st.sampled_from(["title_rule", "event_status", "alert_key", "description", "labels", "action", "data"]),
        st.none()
        | st.integers(0, 9)
        | st.sampled_from(["Ok", "Info", "[TPL]${a}{{ .Labels.b }}", "$a", "triggered", "resolved"])
        | st.dictionaries(st.sampled_from(["a", "b", "layer_x", "issue", "event"]), st.text(max_size=5) | st.none()),
    ),
    resource=st.sampled_from(["event_alert", "issue", "metric_alert"]),
)
def test_no_event_makes_the_judge_raise(document: Any, resource: str) -> None:
    assert judge_flashduty(to_integration(document), INTEGRATION, NOW).body
    assert from_sentry(resource, document).body


@given(body=st.binary(max_size=60), query=st.text(max_size=30))
def test_no_bytes_make_the_judge_raise(body: bytes, query: str) -> None:
    assert judge_flashduty(to_integration(body, query=query), INTEGRATION, NOW).body
