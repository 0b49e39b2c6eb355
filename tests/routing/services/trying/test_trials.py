"""Test alerts that can be followed: through the receiver, and step by step to the answer."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from routing.models import Attempt, AuditEntry, Delivery, Inbound, Project, Rule, Source, Target, Thread, Trial, Worker
from routing.selectors.trials.course import Course, course_of
from routing.selectors.workers import WorkState, work_state
from routing.services.setup import sources
from routing.services.trying import trials
from tests.routing.calls import FORWARD, make_rule, make_source, make_target, send

pytestmark = pytest.mark.django_db

FATAL = [{"field": "level", "op": "is", "value": "fatal"}]
WORKING = WorkState(alive=1, last_beat_at=None, waiting=0, oldest_due_at=None)


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def source() -> Source:
    return make_source()


@pytest.fixture
def team() -> Target:
    return make_target("team")


def course(trial: Trial, work: WorkState = WORKING) -> Course:
    trial = Trial.objects.select_related("inbound", "rule", "source", "target").get(pk=trial.pk)
    return course_of(trial, work=work, now=timezone.now())


def states(trial: Trial, work: WorkState = WORKING) -> dict[str, str]:
    return {step.code: step.state for step in course(trial, work).all_steps}


def step(trial: Trial, code: str, work: WorkState = WORKING):
    return next(step for step in course(trial, work).all_steps if step.code == code)


def attempt(delivery: Delivery, outcome: str, status: str, *, due_at=None, **fields) -> None:
    """What a worker writes after an attempt."""
    now = timezone.now()
    Attempt.objects.create(
        delivery=delivery, number=1, started_at=now, duration_ms=12, outcome=outcome, **{"http_status": 200, **fields}
    )
    Delivery.objects.filter(pk=delivery.pk).update(
        status=status, due_at=due_at, finished_at=None if due_at else now, reason=fields.get("reason", "")
    )


def test_a_test_of_a_connection_is_a_signed_webhook_marked_as_a_test(source, team) -> None:
    make_rule("everything", team)
    trial = trials.try_source(source, actor="boss", project="web", environment="staging", level="fatal")
    inbound = trial.inbound
    assert inbound is not None
    assert (trial.answer_status, inbound.is_test, "unsigned" in inbound.flags) == (202, True, False)
    assert (inbound.alert["project_slug"], inbound.alert["environment"], inbound.alert["level"]) == (
        "web",
        "staging",
        "fatal",
    )
    assert Delivery.objects.get().is_test
    assert states(trial) == {
        "received": "done", "signature": "done", "parsed": "done", "decided": "done", "rendered": "waiting",
    }  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.detail["trial"]) == ("test_source", "boss", trial.pk)


def test_the_way_ends_with_the_answer(source, team) -> None:
    make_rule("everything", team)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert not course(trial).is_over
    attempt(Delivery.objects.get(), "sent", "delivered", provider_code="0")
    assert set(states(trial).values()) == {"done"}
    assert list(states(trial))[-3:] == ["rendered", "sent", "answered"]
    assert course(trial).is_over
    assert "code 0" in step(trial, "answered").words


def test_a_test_leaves_no_alert_open(source, team) -> None:
    make_rule("everything", team)
    trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert not Thread.objects.get().is_open
    send(issue_id="77")
    assert Thread.objects.get(is_open=True).alert_key == Inbound.objects.get(issue_id="77").alert_key


def test_projects_are_not_learned_from_tests(source) -> None:
    trials.try_source(source, actor="boss", project="nonsense", environment="", level="error")
    assert not Project.objects.exists()


def test_without_a_worker_the_page_says_so(source, team) -> None:
    make_rule("everything", team)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert "No worker is running" in step(trial, "rendered", work_state(timezone.now())).advice
    Worker.objects.create(name="w", host="h", pid=1, engine="embedded", beat_at=timezone.now())
    assert "No worker" not in step(trial, "rendered", work_state(timezone.now())).advice


@pytest.mark.parametrize(
    ("outcome", "fields", "where", "word"),
    [
        ("rejected", {"reason": "bad_signature", "provider_code": "19021"}, "answered", "signing secret"),
        ("rejected", {"reason": "connect_failed", "http_status": None}, "sent", "reach the address"),
        ("rejected", {"reason": "render_failed", "http_status": None}, "rendered", "Report it"),
    ],
)
def test_a_failure_stands_at_its_step_with_what_to_do(source, team, outcome, fields, where, word) -> None:
    make_rule("everything", team)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    attempt(Delivery.objects.get(), outcome, "dead", **fields)
    assert step(trial, where).state == "failed"
    assert word in step(trial, where).advice
    assert (course(trial).state, course(trial).is_over) == ("failed", True)


def test_what_is_tried_again_says_when(source, team) -> None:
    make_rule("everything", team)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    attempt(Delivery.objects.get(), "retry", "pending", due_at=timezone.now() + timedelta(seconds=5), reason="server_error", http_status=500)  # fmt: skip
    assert step(trial, "answered").state == "waiting"
    assert "tried again at" in step(trial, "answered").advice
    assert not course(trial).is_over


def test_without_a_secret_nothing_is_sent_and_the_page_says_what_to_paste(team) -> None:
    source = Source.objects.create(name="bare")
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert (trial.inbound_id, states(trial)) == (None, {"received": "skipped", "signature": "failed"})
    assert "client secret" in step(trial, "signature").advice
    assert AuditEntry.objects.count() == 1


def test_a_secret_that_no_key_opens_is_named(source, settings) -> None:
    from cryptography.fernet import Fernet

    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert "FIELD_KEYS" in step(trial, "signature").advice


def test_a_legacy_set_up_is_tested_unsigned(team) -> None:
    source = Source.objects.create(name="old", accept_unsigned=True)
    source.default_targets.add(team)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert "older WebHooks" in step(trial, "signature").words
    assert "default targets" in step(trial, "decided").words


def test_nobody_to_tell_is_a_failure_of_deciding(source) -> None:
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert step(trial, "decided").state == "failed"
    assert "default targets" in step(trial, "decided").advice


def test_a_switched_off_target_is_named_with_what_to_do(source, team) -> None:
    make_rule("everything", team)
    Target.objects.update(enabled=False)
    trial = trials.try_source(source, actor="boss", project="web", environment="", level="error")
    assert "Enable the target" in step(trial, "rendered").advice
    assert course(trial).state == "failed"


# ---- rules


def test_the_alert_is_made_so_that_the_rule_takes_it(source, team) -> None:
    make_rule("production", team, when=[{"field": "environment", "op": "is", "value": "production"}])
    when = [
        {"field": "project", "op": "starts_with", "value": "shop"},
        {
            "any": [
                {"field": "issue_id", "op": "is", "value": "7"},
                {"field": "tag:customer", "op": "is", "value": "gold"},
            ]
        },
        {"field": "rule", "op": "contains", "value": "checkout"},
    ]
    rule = make_rule("shop", make_target("duty"), when=when)
    trial = trials.try_rule(rule, source=source, actor="boss")
    assert step(trial, "decided").state == "done"
    assert Delivery.objects.get().rules == ["shop"]
    assert trial.facts["tag:customer"] == "gold"
    assert trial.facts["project"].startswith("shop")
    assert AuditEntry.objects.get().action == "test_rule"


def test_a_metric_rule_is_tested_with_a_metric_alert(source, team) -> None:
    rule = make_rule("metric", team, when=[{"field": "resource", "op": "is", "value": "metric_alert"}])
    trial = trials.try_rule(rule, source=source, actor="boss")
    assert step(trial, "decided").state == "done"
    assert Inbound.objects.get().resource == "metric_alert"


def test_the_condition_in_the_way_is_named_on_the_page(source, team) -> None:
    rule = make_rule("one issue", team, when=[{"field": "issue_id", "op": "is", "value": "4711"}, *FATAL])
    trial = trials.try_rule(rule, source=source, actor="boss")
    assert trial.obstacles == [{"field": "issue_id", "op": "is", "value": "4711"}]
    decided = step(trial, "decided")
    assert decided.state == "failed"
    assert "issue is 4711" in decided.words
    assert "level" not in decided.words
    assert "real issue" in decided.advice
    assert not Thread.objects.filter(title__contains="4711").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"enabled": False}, "switched off"),
        ({"active": {"days": ["mon"], "from": "03:00", "to": "03:01", "timezone": "UTC"}}, "active hours"),
        ({"when": [{"field": "title", "op": "matches", "value": "("}]}, "cannot work"),
    ],
)
def test_a_rule_that_is_not_asked_says_why(source, team, change, words) -> None:
    rule = make_rule("late", team, when=FATAL)
    Rule.objects.filter(pk=rule.pk).update(**change)
    rule.refresh_from_db()
    assert words in step(trials.try_rule(rule, source=source, actor="boss"), "decided").words


def test_an_earlier_rule_that_takes_everything_is_named(source, team) -> None:
    make_rule("everything", team)
    rule = make_rule("fatal", make_target("duty"), when=FATAL)
    decided = step(trials.try_rule(rule, source=source, actor="boss"), "decided")
    assert "everything matched before it" in decided.words
    assert "Move the rule up" in decided.advice


def test_a_rule_without_targets_is_said_to_tell_nobody(source) -> None:
    rule = make_rule("nobody", when=FATAL)
    assert "tells nobody" in step(trials.try_rule(rule, source=source, actor="boss"), "decided").words


def test_connections_that_can_sign_come_first_and_a_bound_rule_has_only_its_own(source) -> None:
    bare = Source.objects.create(name="a-bare")
    assert list(trials.sources_to_test()) == [source, bare]
    assert list(trials.sources_to_test(make_rule("bound", source=bare))) == [bare]


# ---- targets


def test_a_target_alone_is_told_without_rules(team) -> None:
    trial = trials.try_only_target(team, actor="boss")
    assert states(trial) == {
        "received": "skipped", "signature": "skipped", "parsed": "done", "decided": "done", "rendered": "waiting",
    }  # fmt: skip
    attempt(Delivery.objects.get(), "sent", "delivered")
    assert course(trial).state == "done"


@pytest.mark.parametrize(
    ("kind", "url", "enabled", "advice"),
    [("feishu", "", False, "Enable the target"), ("flashduty", f"{FORWARD}x", True, "Send Test Notification")],
)
def test_a_target_that_cannot_be_tested_alone_says_what_to_do(kind, url, enabled, advice) -> None:
    target = make_target("odd", kind=kind, url=url, enabled=enabled)
    trial = trials.try_only_target(target, actor="boss")
    assert advice in step(trial, "decided").advice
    assert not Delivery.objects.exists()
    assert AuditEntry.objects.count() == 1


def test_through_the_rules_the_page_says_when_they_tell_somebody_else(source, team) -> None:
    make_rule("everything", team)
    duty = make_target("duty")
    asked = {"source": source, "actor": "boss", "project": "web", "environment": "production", "level": "error"}
    assert "tell team, and not duty" in step(trials.try_target(duty, **asked), "decided").words
    assert step(trials.try_target(team, **asked), "decided").state == "done"


def test_a_test_uses_the_newest_secret_and_moves_its_last_use(source) -> None:
    newest = sources.add_client_secret(source, "newer")
    trials.try_source(source, actor="boss", project="web", environment="", level="error")
    newest.refresh_from_db()
    assert "unsigned" not in Inbound.objects.get().flags
