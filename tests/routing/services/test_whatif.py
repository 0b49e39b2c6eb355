"""What would change: rule sets over the webhooks that really came, on the command line and as a service."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from routing.models import Delivery, Inbound, Rule, Silence, Thread
from routing.policy.specs import SilenceSpec
from routing.selectors.configuration import stamp
from routing.services.configuration.document import parse_file
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.stored import load
from routing.services.whatif.asking import what_if_document, what_if_rule, what_if_saved
from routing.services.whatif.catching import what_silence_catches
from tests.routing.calls import BOT, make_rule, make_source, make_target, send, send_legacy

pytestmark = pytest.mark.django_db


def moved(answer, sort: str) -> dict[str, list[tuple[int, str | None]]]:
    """Target -> (inbound, why the other side holds it back) of what it gains or loses."""
    return {
        target["name"]: [(each["inbound"], each["held_back"]) for each in target[sort]]
        for target in answer.to_json()["targets"]
        if target[sort]
    }


def forecast(answer, target: str) -> dict[str, Any]:
    return next(each["forecast"] for each in answer.to_json()["targets"] if each["name"] == target)


def ids() -> list[int]:
    return list(Inbound.objects.order_by("id").values_list("id", flat=True))


def with_rule(text: str, **asked):
    return what_if_document(parse_file(f"version: 1\nrules:\n  - {text}\n"), **asked)


def rows() -> dict[str, int]:
    """Every table that is ours, and how much is in it."""
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("routing").get_models()}


@pytest.fixture
def scene():
    """Production goes to team and is told at most every 30 minutes; everything else goes to duty."""
    team, duty = make_target("team"), make_target("duty", kind="flashduty")
    make_source().default_targets.add(duty)
    when = [{"field": "environment", "op": "is", "value": "production"}]
    return make_rule("production", team, when=when, repeat_minutes=30), team, duty


def test_the_saved_rules_repeat_what_the_log_says(scene):
    send()
    send()
    send("issue.resolved")
    send(issue_id="7", environment="staging")
    answer = what_if_saved()
    assert answer.changes_nothing
    assert answer.to_json()["compared_with"] == "log"
    assert [(target.name, len(target.difference.kept)) for target in answer.targets] == [("duty", 1), ("team", 2)]


def test_an_edited_rule_shows_what_each_target_gains_loses_and_keeps(scene):
    send()
    send(issue_id="7", environment="staging")
    send("issue.resolved")
    first, second, third = ids()
    answer = with_rule("{name: production, targets: [duty], severity: {triggered: critical}}")
    assert moved(answer, "gained") == {"duty": [(first, None), (third, None)]}
    assert moved(answer, "lost") == {"team": [(first, None), (third, None)]}
    (duty, _team) = answer.to_json()["targets"]
    assert duty["kept"] == [second]
    assert duty["severity_changes"] == [{"inbound": second, "before": "warning", "after": "critical"}]


def test_repeat_control_is_simulated_from_the_webhooks_in_their_order(scene):
    for _ in range(3):
        send()
    first, second, third = ids()
    gained = with_rule("{name: production, targets: [team]}")
    assert moved(gained, "gained") == {"team": [(second, "repeated"), (third, "repeated")]}
    assert forecast(gained, "team")["before"]["messages"] == 1
    assert forecast(gained, "team")["after"] == {
        "messages": 3,
        "per_hour_mean": 3.0,
        "per_hour_peak": 3,
        "per_minute_peak": 3,
        "limit_per_hour": 6000,
        "is_over": False,
    }
    only_the_last = with_rule("{name: production, targets: [team]}", last=1)
    assert (only_the_last.since, list(only_the_last.seen)) == (Inbound.objects.get(pk=third).received_at, [third])
    assert moved(only_the_last, "gained") == {"team": [(third, "repeated")]}
    assert first not in only_the_last.seen


def test_a_recovery_whose_firing_came_before_the_last_webhooks_is_still_told(scene):
    send()
    send("issue.resolved")
    answer = what_if_saved(last=1)
    assert answer.changes_nothing
    assert [len(target.difference.kept) for target in answer.targets] == [0, 1]


def test_a_silence_that_is_over_held_back_what_came_in_it(scene):
    now = timezone.now()
    silence = Silence.objects.create(name="deploy", when=[], starts_at=now, ends_at=now + timedelta(hours=1))
    send()
    silence.ends_at = timezone.now()
    silence.save()
    assert moved(what_if_saved(), "gained") == {}
    answer = what_if_document(parse_file("version: 1\nsilences: []\n"), prune=True)
    assert moved(answer, "gained") == {"team": [(ids()[0], "silenced")]}


def test_a_new_silence_takes_what_it_covers(scene):
    send()
    text = 'silences: [{name: all, from: "2020-01-01T00:00:00Z", to: "2099-01-01T00:00:00Z"}]'
    assert moved(what_if_document(parse_file(f"version: 1\n{text}\n")), "lost") == {"team": [(ids()[0], "silenced")]}


def test_a_rule_taken_away_leaves_its_alerts_to_the_default_targets_or_to_nobody(scene):
    send()
    nobody = what_if_document(parse_file("version: 1\nrules: []\nsources: [{name: acme}]"), prune=True)
    assert nobody.newly_unrouted == (ids()[0],)
    assert moved(nobody, "lost") == {"team": [(ids()[0], None)]}
    default = what_if_document(parse_file("version: 1\nrules: []\n"), prune=True)
    assert (default.newly_unrouted, moved(default, "gained")) == ((), {"duty": [(ids()[0], None)]})


def test_a_new_target_and_a_disabled_one_take_part(scene):
    send()
    text = f"""version: 1
targets:
  - {{name: team, kind: feishu, webhook_url: "{BOT}team", enabled: false}}
  - {{name: twin, kind: feishu, webhook_url: "{BOT}duplex", limits: {{per_minute: 1}}}}
  - {{name: other, kind: feishu, webhook_url: "{BOT}duplex", limits: {{per_minute: 1}}}}
rules: [{{name: production, targets: [team, twin, other]}}]
"""
    answer = what_if_document(parse_file(text))
    assert moved(answer, "lost") == {"team": [(ids()[0], "target_disabled")]}
    assert moved(answer, "gained") == {"twin": [(ids()[0], None)], "other": [(ids()[0], None)]}
    assert (forecast(answer, "twin")["after"]["messages"], forecast(answer, "twin")["after"]["is_over"]) == (2, True)


def test_the_default_mapping_takes_part(scene):
    send()
    (target,) = [each for each in what_if_document(parse_file("version: 1\nseverity: {triggered: drop}")).to_json()["targets"] if each["name"] == "team"]  # fmt: skip
    assert target["lost"] == [{"inbound": ids()[0], "severity": "warning", "held_back": "dropped"}]


def test_a_rule_keeps_its_place_under_a_new_name_and_a_new_one_comes_last(scene):
    production, _team, _duty = scene
    send()
    item = load().items["rules"]["production"]
    renamed = what_if_rule({**item, "name": "prod"}, rule=production)
    assert renamed.changes_nothing
    new = {**item, "name": "everything", "when": [], "targets": ["duty"]}
    assert what_if_rule(new, rule=None).changes_nothing
    assert moved(what_if_rule({**item, "enabled": False}, rule=production), "gained") == {"duty": [(ids()[0], None)]}


def test_a_disabled_rule_that_is_switched_on_takes_its_place_in_the_line(scene):
    production, _team, duty = scene
    Rule.objects.filter(pk=production.pk).update(position=2)
    first = make_rule("first", duty, enabled=False)
    Rule.objects.filter(pk=first.pk).update(position=1)
    send()
    item = {**load().items["rules"]["first"], "enabled": True}
    assert moved(what_if_rule(item, rule=first), "lost") == {"team": [(ids()[0], None)]}


def test_a_call_of_the_drop_in_address_is_asked_no_rules(scene):
    response = send_legacy(f"/hook?feishu={BOT}team")
    assert response.status_code == 201
    assert what_if_saved().changes_nothing
    assert with_rule("{name: production, targets: [duty]}").changes_nothing


def test_tests_and_unreadable_webhooks_are_left_out(scene):
    send()
    Inbound.objects.update(is_test=True)
    send("issue.resolved")
    Inbound.objects.filter(is_test=False).update(alert=None)
    assert len(what_if_saved().seen) == 0
    assert what_if_saved().changes_nothing


def test_a_document_that_cannot_be_applied_says_where(scene):
    with pytest.raises(ConfigurationError, match=r"rules\[0\].targets"):
        with_rule("{name: production, targets: [nobody]}")


def test_nothing_is_written(scene, django_assert_max_num_queries):
    send()
    send("issue.resolved")
    before, threads = rows(), list(Thread.objects.values())
    number, deliveries = stamp(), list(Delivery.objects.values())
    with django_assert_max_num_queries(60):
        what_if_saved()
        with_rule("{name: new, targets: [duty]}")
        what_silence_catches(SilenceSpec(id=0, name="", when=()))
    assert (rows(), stamp()) == (before, number)
    assert (list(Thread.objects.values()), list(Delivery.objects.values())) == (threads, deliveries)


# ---- silences


def test_a_silence_would_have_caught_the_firing_alerts_of_the_last_day(scene):
    send()
    send("issue.resolved")
    send(issue_id="9")
    Inbound.objects.filter(pk=ids()[0]).update(received_at=timezone.now() - timedelta(hours=25))
    catch = what_silence_catches(SilenceSpec(id=0, name="", when=()))
    assert [one.case.inbound for one in catch.caught] == [ids()[2]]
    assert (catch.looked_at, catch.is_cut) == (2, False)


# ---- the command


def run(*arguments: str) -> Any:
    out = io.StringIO()
    call_command("explain", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_the_answer_as_json(scene, tmp_path):
    send()
    assert run("--recent", "10")["compared_with"] == "log"
    path = tmp_path / "relay.yaml"
    path.write_text("version: 1\nrules: [{name: production, targets: [duty]}]\n")
    found = run("--recent", "10", "--config", str(path))
    assert (found["compared_with"], found["inbounds"]) == ("saved", 1)
    assert {target["name"]: len(target["gained"]) for target in found["targets"]} == {"duty": 1, "team": 0}
    path.write_text("version: 1\nrules: []\n")
    assert run("--recent", "10", "--config", str(path))["changes_nothing"]
    assert not run("--recent", "10", "--config", str(path), "--prune")["changes_nothing"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--recent", "0"],
        ["--recent", "2001"],
        ["--recent", "5", "--prune"],
        ["--recent", "5", "--source", "acme"],
        ["--recent", "5", "--config", "/nowhere"],
        ["--config", "/nowhere"],
    ],
)
def test_wrong_arguments_exit_with_2(arguments):
    with pytest.raises(CommandError) as error:
        run(*arguments)
    assert error.value.returncode == 2


def test_a_file_that_cannot_be_used_names_line_and_place(scene, tmp_path):
    path = tmp_path / "relay.yaml"
    path.write_text("version: 1\nrules:\n  - {name: x, targets: [nobody]}\n")
    with pytest.raises(CommandError, match=r"relay.yaml:3: rules\[0\].targets") as error:
        run("--recent", "5", "--config", str(path))
    assert error.value.returncode == 2
