from datetime import timedelta

import pytest

from integrations.contract import DROP
from routing.policy.linting import lint
from routing.policy.specs import AnyOf, MatcherSpec, SilenceSpec, TargetSpec, WindowSpec
from tests.routing.policy.making import NOW, configuration, rule

M = MatcherSpec
SEEN = {("acme", "web"), ("acme", "api"), ("other", "ios")}
NIGHT = WindowSpec(frozenset({0}), None, None, "UTC")


def found(made):
    return [(finding.code, finding.about, finding.name) for finding in lint(made, projects=SEEN)]


def test_a_sound_configuration_has_no_findings():
    made = configuration(
        rule(1, M("environment", "is", "production"), project="web"),
        rule(2, M("level", "at_least", "error"), source="other", project="ios"),
        rule(3, M("project", "in", ("WEB", "api")), M("status", "is_not", "critical")),
    )
    assert found(made) == []


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule(1, name="a", project="web"), rule(2, name="a", project="api")], ("duplicate_name", "rule", "a")),
        ([rule(1, broken="no text")], ("broken", "rule", "rule 1")),
        ([rule(1, M("title", "matches", "("))], ("broken", "rule", "rule 1")),
        ([rule(1, targets=())], ("no_targets", "rule", "rule 1")),
        ([rule(1, targets=(1, 9))], ("disabled_target", "rule", "rule 1")),
        ([rule(1, M("level", "is", "error"), M("level", "is", "info"))], ("never_matches", "rule", "rule 1")),
        ([rule(1, M("status", "is", "resolved"))], ("never_matches", "rule", "rule 1")),
        ([rule(1, M("project", "is_not", "WEB"), project="web")], ("never_matches", "rule", "rule 1")),
        ([rule(1, M("source", "is", "other"), source="acme")], ("never_matches", "rule", "rule 1")),
        ([rule(1), rule(2, M("level", "is", "error"))], ("shadowed", "rule", "rule 2")),
        ([rule(1, project="web"), rule(2, project="Web")], ("shadowed", "rule", "rule 2")),
        ([rule(1, project="web"), rule(2, M("project", "is", "web"))], ("shadowed", "rule", "rule 2")),
        ([rule(1, source="acme"), rule(2, source="acme", project="web")], ("shadowed", "rule", "rule 2")),
        ([rule(1, project="old")], ("unseen_project", "rule", "rule 1")),
        ([rule(1, project="ios", source="acme")], ("unseen_project", "rule", "rule 1")),
        ([rule(1, AnyOf((M("project", "in", ("web", "old")),)))], ("unseen_project", "rule", "rule 1")),
    ],
)
def test_a_rule_that_cannot_do_what_was_meant_is_found(rules, expected):
    targets = {**configuration().targets, 9: TargetSpec(id=9, name="old bot", kind="feishu", enabled=False)}
    assert found(configuration(*rules, targets=targets)) == [expected]


@pytest.mark.parametrize(
    "rules",
    [
        [rule(1, continues=True), rule(2)],
        [rule(1, active=NIGHT), rule(2)],
        [rule(1, broken="no text"), rule(2)],
        [rule(1, project="web"), rule(2)],
        [rule(1, M("level", "is", "error")), rule(2)],
        [rule(1, M("level", "is", "error")), rule(2, M("level", "at_least", "error"))],
    ],
)
def test_a_rule_is_not_shadowed_by_one_that_may_let_its_alerts_pass(rules):
    assert "shadowed" not in [code for code, _, _ in found(configuration(*rules))]


def test_the_rule_that_shadows_is_named():
    [finding] = lint(configuration(rule(1), rule(2)), projects=SEEN)
    assert "rule 1" in finding.text.en
    assert "rule 1" in finding.text.zh


def test_defaults_that_are_missing_or_off_are_found():
    made = configuration(
        rule(1, project="web"),
        targets={1: TargetSpec(id=1, name="ops", kind="feishu", enabled=False)},
        source_defaults={"acme": (1,), "other": ()},
        project_defaults={("acme", "api"): (1,)},
    )
    assert found(made) == [
        ("disabled_target", "rule", "rule 1"),
        ("disabled_target", "source", "acme"),
        ("disabled_target", "project", "api"),
        ("no_default", "source", "other"),
    ]


def test_a_status_that_nobody_hears_of_is_found():
    only_metric = rule(1, M("status", "in", ("critical", "warning")))
    bare = configuration(only_metric, source_defaults={"acme": ()})
    assert ("status_unhandled", "severity", "triggered") in found(bare)
    assert ("status_unhandled", "severity", "critical") not in found(bare)
    assert ("status_unhandled", "severity", "resolved") not in found(bare)
    assert found(configuration(only_metric)) == []


def test_rules_without_targets_and_broken_ones_handle_no_status():
    bare = configuration(rule(1, targets=()), rule(2, broken="no"), source_defaults={"acme": ()})
    unhandled = [name for code, _, name in found(bare) if code == "status_unhandled"]
    assert unhandled == ["critical", "warning", "triggered"]


def test_a_status_that_the_default_mapping_drops_is_found():
    made = configuration(severity={"warning": DROP, "resolved": DROP, "triggered.info": DROP})
    assert found(made) == [("status_dropped", "severity", "warning"), ("status_dropped", "severity", "resolved")]


def test_silences_that_can_never_hold_are_found():
    hour = timedelta(hours=1)
    bad = SilenceSpec(id=1, name="bad", when=(M("title", "matches", "("),), starts_at=NOW, ends_at=NOW + hour)
    never = (M("level", "is", "error"), M("level", "is_not_set"))
    void = SilenceSpec(id=2, name="void", when=never, starts_at=NOW, ends_at=NOW + hour)
    made = configuration(silences=(bad, void))
    assert found(made) == [("broken", "silence", "bad"), ("never_matches", "silence", "void")]


def test_every_finding_speaks_both_languages():
    made = configuration(rule(1), rule(2, targets=()), rule(3, project="x"), source_defaults={"acme": ()})
    findings = lint(made, projects=SEEN)
    assert len(findings) >= 4
    assert all(finding.text.en and finding.text.zh for finding in findings)
