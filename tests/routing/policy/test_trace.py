import json
from datetime import time, timedelta

from routing.policy.specs import AnyOf, MatcherSpec, SilenceSpec, WindowSpec
from routing.policy.trace import MAX_RULES, to_json
from tests.routing.policy.making import NOW, alert, configuration, decided, rule

NIGHT = WindowSpec(frozenset(range(7)), time(0), time(6), "UTC")


def traced(made, given):
    decision = decided(made, given)
    return json.loads(json.dumps(to_json(decision.trace)))


def test_each_rule_says_what_became_of_it_and_each_condition_what_was_seen():
    made = configuration(
        rule(1, MatcherSpec("environment", "in", ("staging", "canary"))),
        rule(2, broken="value is no text"),
        rule(3, MatcherSpec("level", "at_least", "warning"), active=NIGHT),
        rule(
            4,
            AnyOf((MatcherSpec("tag:team", "is", "Search"), MatcherSpec("culprit", "is_set"))),
            MatcherSpec("title", "not_contains", "test"),
            targets=(2, 3),
        ),
        rule(5, MatcherSpec("environment", "is_set")),
    )
    trace = traced(made, alert(tags={"team": ("checkout", "search")}))
    assert trace["rules"] == [
        {
            "id": 1,
            "name": "rule 1",
            "result": "not_matched",
            "when": [
                {
                    "field": "environment",
                    "op": "in",
                    "value": ["staging", "canary"],
                    "seen": ["production"],
                    "holds": False,
                }
            ],
        },
        {"id": 2, "name": "rule 2", "result": "broken", "detail": "value is no text"},
        {
            "id": 3,
            "name": "rule 3",
            "result": "outside_active_hours",
            "when": [{"field": "level", "op": "at_least", "value": "warning", "seen": ["error"], "holds": True}],
        },
        {
            "id": 4,
            "name": "rule 4",
            "result": "matched",
            "when": [
                {
                    "any": [
                        {
                            "field": "tag:team",
                            "op": "is",
                            "value": "Search",
                            "seen": ["checkout", "search"],
                            "holds": True,
                        },
                        {"field": "culprit", "op": "is_set", "seen": [], "holds": False},
                    ],
                    "holds": True,
                },
                {"field": "title", "op": "not_contains", "value": "test", "seen": [], "holds": True},
            ],
            "targets": ["team", "duty"],
            "continues": False,
        },
        {"id": 5, "name": "rule 5", "result": "not_reached"},
    ]
    assert trace["omitted"] == 0
    assert trace["direct"] is None
    assert trace["defaults"] is None
    assert trace["silences"] == []
    assert trace["decided_at"] == "2026-03-04T10:30:00+00:00"
    assert [target["name"] for target in trace["targets"]] == ["team", "duty"]


def test_rules_of_other_projects_are_no_candidates():
    made = configuration(rule(1, project="api"), rule(2, project="web"), rule(3, source="other"))
    assert [entry["id"] for entry in traced(made, alert())["rules"]] == [2]


def test_default_targets_say_whose_they_are():
    of_source = traced(configuration(), alert())
    of_project = traced(configuration(project_defaults={("acme", "web"): (2,)}), alert())
    nobody = traced(configuration(source_defaults={}), alert())
    assert of_source["defaults"] == {"of": "source", "targets": ["ops"]}
    assert of_project["defaults"] == {"of": "project", "targets": ["team"]}
    assert nobody["defaults"] == {"of": "source", "targets": []}


def test_a_direct_route_is_named_and_the_rules_are_not_asked():
    trace = traced(configuration(rule(1)), alert(settings={"target": "team", "severity": "info"}))
    assert trace["direct"] == {"target": "team", "severity": "info", "result": "routed"}
    assert trace["rules"] == []
    assert [target["name"] for target in trace["targets"]] == ["team"]


def test_an_unknown_target_in_the_settings_is_named_beside_the_rules():
    trace = traced(configuration(rule(1)), alert(settings={"target": "gone"}))
    assert trace["direct"] == {"target": "gone", "severity": "", "result": "unknown_target"}
    assert [entry["result"] for entry in trace["rules"]] == ["matched"]


def test_silences_in_force_are_shown_with_what_they_saw():
    hour = timedelta(hours=1)
    production = (MatcherSpec("environment", "is", "production"),)
    staging = (MatcherSpec("environment", "is", "staging"),)
    bad = (MatcherSpec("title", "matches", "("),)
    made = configuration(
        silences=(
            SilenceSpec(id=1, name="over", when=(), starts_at=NOW - hour, ends_at=NOW),
            SilenceSpec(id=2, name="staging", when=staging, starts_at=NOW, ends_at=NOW + hour),
            SilenceSpec(id=3, name="bad", when=bad, starts_at=NOW, ends_at=NOW + hour),
            SilenceSpec(id=4, name="deploy", when=production, starts_at=NOW, ends_at=NOW + hour),
        )
    )
    trace = traced(made, alert())
    assert [(entry["name"], entry["result"]) for entry in trace["silences"]] == [
        ("staging", "not_matched"),
        ("bad", "broken"),
        ("deploy", "matched"),
    ]
    assert trace["silences"][0]["when"][0]["seen"] == ["production"]
    assert trace["targets"][0]["silence"] == 4


def test_beyond_the_first_candidates_only_those_that_tell_something_are_shown():
    silent = [rule(number, MatcherSpec("environment", "is", "staging")) for number in range(MAX_RULES + 50)]
    made = configuration(*silent, rule(900, broken="no"), rule(901, active=NIGHT), rule(902), rule(903))
    trace = traced(made, alert())
    assert len(trace["rules"]) == MAX_RULES + 3
    assert [entry["id"] for entry in trace["rules"][-3:]] == [900, 901, 902]
    assert trace["omitted"] == 51


def test_long_and_many_values_are_cut():
    given = alert(message="x" * 5000, tags={"team": tuple(f"t{number}" for number in range(30))})
    many = tuple(f"t{number}" for number in range(40, 100))
    made = configuration(rule(1, MatcherSpec("message", "contains", "y"), MatcherSpec("tag:team", "in", many)))
    message, team = traced(made, given)["rules"][0]["when"]
    assert message["seen"] == ["x" * 200]
    assert team["seen"] == [f"t{number}" for number in range(10)]
    assert (len(team["value"]), team["more"]) == (10, 50)


def test_characters_that_databases_refuse_are_replaced():
    given = alert(message="a\0b\ud800c", settings={"target": "x\0"})
    trace = traced(configuration(rule(1, MatcherSpec("message", "is_set"))), given)
    assert trace["rules"][0]["when"][0]["seen"] == ["a\ufffdb?c"]
    assert trace["direct"]["target"] == "x\ufffd"


def test_a_trace_reads_like_any_mapping():
    decision = decided(configuration(rule(1)), alert())
    assert dict(decision.trace) == to_json(decision.trace)
    assert len(decision.trace) == len(list(decision.trace)) == 8


def test_conditions_after_a_failed_one_are_judged_too():
    made = configuration(rule(1, MatcherSpec("level", "is", "fatal"), MatcherSpec("environment", "matches", "^prod")))
    [entry] = traced(made, alert())["rules"]
    assert [condition["holds"] for condition in entry["when"]] == [False, True]
