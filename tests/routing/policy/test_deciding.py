from datetime import UTC, datetime, time, timedelta

import pytest

from integrations.contract import DROP, SentryStatus, Severity
from routing.policy import ruleset
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import AnyOf, MatcherSpec, SilenceSpec, WindowSpec
from tests.routing.policy.making import NOW, alert, configuration, decided, rule, told

PRODUCTION = MatcherSpec("environment", "is", "production")
STAGING = MatcherSpec("environment", "is", "staging")


def test_the_first_rule_that_matches_ends_the_search():
    decision = decided(configuration(rule(1, targets=(1,)), rule(2, targets=(2,))), alert())
    assert (decision.reason, told(decision)) == ("matched", {1: "warning"})
    assert decision.rules_version == "v1"


def test_a_rule_that_continues_lets_the_next_ones_match_too():
    made = configuration(
        rule(1, targets=(1,), continues=True), rule(2, STAGING, targets=(2,)), rule(3, targets=(3,)), rule(4)
    )
    assert told(decided(made, alert())) == {1: "warning", 3: "warning"}


def test_all_conditions_of_a_rule_must_hold_and_one_of_its_alternatives():
    made = configuration(rule(1, PRODUCTION, AnyOf((STAGING, MatcherSpec("level", "is", "fatal"))), targets=(2,)))
    assert told(decided(made, alert(level="fatal"))) == {2: "warning"}
    assert told(decided(made, alert(level="error"))) == {1: "warning"}
    assert told(decided(made, alert(level="fatal", environment="staging"))) == {1: "warning"}


@pytest.mark.parametrize(
    ("bound", "given", "matches"),
    [
        ({"source": "acme"}, {}, True),
        ({"source": "other"}, {}, False),
        ({"project": "web"}, {}, True),
        ({"project": "WEB"}, {"project_slug": "Web"}, True),
        ({"project": "api"}, {}, False),
        ({"source": "other", "project": "web"}, {}, False),
        ({"source": "acme", "project": "web"}, {}, True),
        ({"project": "api"}, {"project_slugs": ("web", "api")}, True),
        ({"project": "web"}, {"project_slug": None}, False),
        ({}, {"project_slug": None}, True),
    ],
)
def test_a_rule_bound_to_a_source_or_project_is_asked_for_its_alerts_only(bound, given, matches):
    decision = decided(configuration(rule(1, targets=(2,), **bound)), alert(**given))
    assert told(decision) == ({2: "warning"} if matches else {1: "warning"})


def test_each_of_several_tag_values_can_satisfy_a_rule():
    made = configuration(rule(1, MatcherSpec("tag:team", "is", "search"), targets=(2,)))
    assert told(decided(made, alert(tags={"team": ("checkout", "search")}))) == {2: "warning"}


def test_alerts_that_share_only_their_first_tag_value_are_told_apart():
    rules = compile_configuration(configuration(rule(1, MatcherSpec("tag:team", "is", "search"), targets=(2,))))
    heard = []
    for values in (("checkout", "search"), ("checkout",), ("checkout", "search")):
        given = alert(tags={"team": values})
        heard.append(told(decide(given, source="acme", rules=rules, now=NOW, guard=PatternGuard())))
    assert heard == [{2: "warning"}, {1: "warning"}, {2: "warning"}]


def test_bound_and_unbound_rules_keep_their_common_order():
    made = configuration(
        rule(1, project="web", source="acme", targets=(1,), continues=True),
        rule(2, targets=(1,), continues=True),
        rule(3, project="web", targets=(1,), continues=True),
        rule(4, source="acme", targets=(1,)),
        rule(5, targets=(1,)),
    )
    [verdict] = decided(made, alert()).verdicts
    assert verdict.rules == ("rule 1", "rule 2", "rule 3", "rule 4")


def test_rules_that_meet_at_a_target_make_one_message_that_names_them_all():
    made = configuration(
        rule(1, targets=(2, 2), severity={"triggered": Severity.INFO}, repeat_minutes=60, continues=True),
        rule(2, targets=(3, 2), severity={"triggered.error": Severity.CRITICAL}, repeat_minutes=30, continues=True),
        rule(3, targets=(2,), severity={"triggered": DROP}, repeat_minutes=45),
    )
    first, second = decided(made, alert()).verdicts
    assert (first.target, first.rules, first.repeat_minutes) == (2, ("rule 1", "rule 2", "rule 3"), 30)
    assert (first.severity, second.severity) == (Severity.CRITICAL, Severity.CRITICAL)
    assert (second.target, second.rules) == (3, ("rule 2",))


def test_a_rule_without_repeat_control_has_the_shortest_window_of_all():
    made = configuration(rule(1, repeat_minutes=60, continues=True), rule(2, repeat_minutes=0))
    [verdict] = decided(made, alert()).verdicts
    assert verdict.repeat_minutes == 0


def test_the_same_rules_tell_each_status_and_level_in_its_own_severity():
    rows = {"triggered.fatal": Severity.CRITICAL, "triggered.info": DROP, "warning": Severity.INFO}
    rules = compile_configuration(configuration(rule(1, severity=rows)))
    heard = []
    for status, level in [
        (SentryStatus.TRIGGERED, "fatal"),
        (SentryStatus.TRIGGERED, "info"),
        (SentryStatus.TRIGGERED, "sample"),
        (SentryStatus.WARNING, None),
        (SentryStatus.TRIGGERED, "FATAL"),
    ]:
        given = alert(sentry_status=status, level=level)
        heard.append(told(decide(given, source="acme", rules=rules, now=NOW, guard=PatternGuard()))[1])
    assert heard == ["critical", "drop", "warning", "info", "critical"]


def test_what_one_rule_drops_and_another_tells_is_told():
    made = configuration(
        rule(1, severity={"triggered": DROP, "resolved": DROP}, continues=True),
        rule(2, severity={"triggered": Severity.INFO}),
    )
    [verdict] = decided(made, alert()).verdicts
    assert (verdict.severity, verdict.recovery_severity) == (Severity.INFO, Severity.OK)


def test_what_every_rule_drops_is_still_a_verdict_so_that_it_can_be_logged():
    [verdict] = decided(configuration(rule(1, severity={"triggered": DROP})), alert()).verdicts
    assert verdict.severity == DROP


@pytest.mark.parametrize(
    ("defaults", "given", "reason", "expected"),
    [
        ({"source_defaults": {"acme": (3, 1)}}, {}, "default_targets", [1, 3]),
        ({"project_defaults": {("acme", "web"): (2,)}}, {}, "default_targets", [2]),
        ({"project_defaults": {("acme", "Web"): (2,)}}, {"project_slug": "wEB"}, "default_targets", [2]),
        ({"project_defaults": {("acme", "web"): ()}}, {}, "default_targets", [1]),
        ({"project_defaults": {("acme", "web"): (2,), ("acme", "WEB"): (3,)}}, {}, "default_targets", [2, 3]),
        ({"project_defaults": {("other", "web"): (2,)}}, {}, "default_targets", [1]),
        (
            {"project_defaults": {("acme", "web"): (2, 3), ("acme", "api"): (3,)}},
            {"project_slugs": ("web", "api")},
            "default_targets",
            [2, 3],
        ),
        ({"source_defaults": {"other": (1,)}}, {}, "unmatched", []),
        ({"source_defaults": {"acme": ()}}, {}, "unmatched", []),
    ],
)
def test_what_no_rule_matches_goes_to_the_projects_defaults_or_else_the_sources(defaults, given, reason, expected):
    decision = decided(configuration(rule(1, STAGING), **defaults), alert(**given))
    assert decision.reason == reason
    assert [verdict.target for verdict in decision.verdicts] == expected
    assert all(verdict.rules == () and verdict.repeat_minutes == 0 for verdict in decision.verdicts)


def test_a_rule_without_targets_that_matches_keeps_the_defaults_out():
    decision = decided(configuration(rule(1, targets=())), alert())
    assert (decision.reason, decision.verdicts) == ("matched", ())


OFFICE = WindowSpec(frozenset({0, 1, 2, 3, 4}), time(9), time(18), "Asia/Shanghai")


def test_a_rule_outside_its_active_hours_is_skipped():
    made = configuration(rule(1, active=OFFICE, targets=(2,)), rule(2, targets=(3,)))
    in_hours, after = datetime(2026, 3, 4, 1, tzinfo=UTC), datetime(2026, 3, 4, 10, tzinfo=UTC)
    assert told(decided(made, alert(), now=in_hours)) == {2: "warning"}
    assert told(decided(made, alert(), now=after)) == {3: "warning"}


@pytest.mark.parametrize(
    "unusable",
    [
        rule(1, broken="value is no text", targets=(2,)),
        rule(1, MatcherSpec("title", "matches", "(a"), targets=(2,)),
        rule(1, MatcherSpec("colour", "is", "red"), targets=(2,)),
        rule(1, MatcherSpec("title", "sounds_like", "x"), targets=(2,)),
        rule(1, MatcherSpec("level", "at_least", "loud"), targets=(2,)),
        rule(1, MatcherSpec("title", "is"), targets=(2,)),
        rule(1, AnyOf(()), targets=(2,)),
    ],
)
def test_a_broken_rule_neither_hides_nor_stops_an_alert(unusable):
    made = configuration(unusable, rule(2, PRODUCTION, targets=(3,)))
    assert told(decided(made, alert())) == {3: "warning"}
    [found] = compile_configuration(made).broken
    assert found.spec.id == 1
    assert found.broken


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"target": "team"}, {2: "warning"}),
        ({"target": " team ", "severity": "Critical"}, {2: "critical"}),
        ({"target": "team", "severity": "info"}, {2: "info"}),
        ({"target": "team", "severity": "ok"}, {2: "warning"}),
        ({"target": "team", "severity": "loud"}, {2: "warning"}),
        ({"target": "nobody", "severity": "critical"}, {3: "warning"}),
        ({"target": "", "severity": "critical"}, {3: "warning"}),
        ({"severity": "critical"}, {3: "warning"}),
        ({}, {3: "warning"}),
    ],
)
def test_a_known_target_chosen_in_the_alert_rule_action_is_told_instead_of_the_rules(chosen, expected):
    decision = decided(configuration(rule(1, targets=(3,))), alert(settings=chosen))
    assert (decision.reason, told(decision)) == ("matched", expected)


SILENCE = SilenceSpec(
    id=5, name="deploy", when=(PRODUCTION,), starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1)
)


@pytest.mark.parametrize(
    ("silences", "given", "expected"),
    [
        ((SILENCE,), {}, 5),
        ((SILENCE,), {"environment": "staging"}, None),
        ((SilenceSpec(id=4, name="any", when=(), weekly=OFFICE), SILENCE), {}, 5),
        (
            (SilenceSpec(id=4, name="any", when=(), weekly=WindowSpec(frozenset({2}), None, None, "UTC")), SILENCE),
            {},
            4,
        ),
        ((SilenceSpec(id=4, name="over", when=(), starts_at=NOW - timedelta(hours=2), ends_at=NOW),), {}, None),
        (
            (SilenceSpec(id=4, name="bad", when=(MatcherSpec("title", "matches", "("),), starts_at=NOW, ends_at=None),),
            {},
            None,
        ),
    ],
)
@pytest.mark.parametrize("chosen", [{}, {"target": "team"}])
def test_the_first_silence_that_matches_now_is_named_for_every_target(silences, given, expected, chosen):
    decision = decided(configuration(rule(1, targets=(1, 2)), silences=silences), alert(settings=chosen, **given))
    assert {verdict.silence for verdict in decision.verdicts} == {expected}


def test_a_recovery_is_refused_since_open_threads_decide_it():
    with pytest.raises(ValueError, match="open threads"):
        decided(configuration(), alert(sentry_status=SentryStatus.RESOLVED))


def test_projects_without_end_do_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(ruleset, "MAX_GROUPS", 3)
    rules = compile_configuration(configuration(rule(1, project="p4", targets=(2,))))
    for number in range(10):
        decision = decide(alert(project_slug=f"p{number}"), source="acme", rules=rules, now=NOW, guard=PatternGuard())
        assert told(decision) == ({2: "warning"} if number == 4 else {1: "warning"})
        assert len(rules._groups) <= 3


def test_values_without_end_are_decided_right_and_forgotten():
    rules = compile_configuration(configuration(rule(1, MatcherSpec("release", "is", "r7"), targets=(2,))))
    for number in [*range(200), 7, *range(200)]:
        given = alert(release=f"r{number}")
        decision = decide(given, source="acme", rules=rules, now=NOW, guard=PatternGuard())
        assert told(decision) == ({2: "warning"} if number == 7 else {1: "warning"})
    [column] = rules.group("acme", ("web",))._columns
    assert len(column._known) <= 32
