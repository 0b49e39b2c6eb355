"""An alert made for a rule: the rule matches it, or the condition that stands in the way is named."""

import pytest

from integrations.contract import SentryStatus
from routing.policy.conditions import parse_when
from routing.policy.examples import examples
from routing.policy.sampling import fit
from routing.policy.specs import MatcherSpec, RuleSpec
from tests.routing.policy.making import NOW, alert, configuration, decided

BASES = [
    alert(title="Test alert", culprit="views in submit", tags={"environment": ("production",)}),
    alert(kind="metric", resource="metric_alert", sentry_status=SentryStatus.CRITICAL, level=None, title="p95", rule_name="p95"),
]  # fmt: skip


def is_(field: str, value: str, op: str = "is") -> dict[str, str]:
    return {"field": field, "op": op, "value": value}


def rule_of(*when, number: int = 1, **given) -> RuleSpec:
    return RuleSpec(
        **{"id": number, "name": f"rule {number}", "when": parse_when(list(when)), "targets": (1,), **given}
    )


def fitted(rule: RuleSpec, *earlier: RuleSpec):
    made = configuration(*earlier, rule)
    return fit(
        BASES,
        rule=rule,
        source="acme",
        accepts=lambda one: any(rule.name in verdict.rules for verdict in decided(made, one).verdicts),
        now=NOW,
    )


@pytest.mark.parametrize(
    "when",
    [
        [],
        [is_("level", "fatal")],
        [is_("level", "warning", "at_most")],
        [is_("level", "error", "is_not"), is_("level", "fatal", "is_not")],
        [{"field": "environment", "op": "in", "value": ["staging", "qa"]}],
        [is_("environment", "production", "is_not")],
        [{"field": "environment", "op": "is_not_set"}],
        [is_("project", "shop-*", "glob")],
        [is_("tag:customer", "gold")],
        [{"field": "tag:customer", "op": "is_set"}, is_("tag:customer", "silver", "is_not")],
        [is_("setting:team", "payments")],
        [is_("title", "Timeout", "starts_with"), is_("title", "db", "contains"), is_("title", "!", "ends_with")],
        [is_("title", r"^(Operational|Integrity)Error: \d{3}\s+lost$", "matches")],
        [is_("title", r"(?i)\bout of memory\b|oom-?killer", "matches")],
        [is_("culprit", "[a-c]x.*", "glob")],
        [is_("message", "secret", "not_contains"), is_("release", "shop@5", "starts_with")],
        [is_("rule", "Checkout errors")],
        [is_("resource", "metric_alert"), is_("title", "p99", "contains")],
        [is_("status", "critical")],
        [{"any": [is_("issue_id", "7"), is_("platform", "go")]}, is_("logger", "x", "contains")],
        [is_("source", "acme")],
    ],
    ids=str,
)
def test_an_alert_is_found_that_the_rule_matches(when) -> None:
    rule = rule_of(*when, project="bound" if not when else None)
    found = fitted(rule)
    assert (found.is_accepted, found.obstacles) == (True, ())


@pytest.mark.parametrize(
    ("when", "obstacle"),
    [
        ([is_("issue_id", "4711"), is_("level", "fatal")], ("issue_id", "is", "4711")),
        ([is_("status", "resolved")], ("status", "is", "resolved")),
        ([is_("source", "other")], ("source", "is", "other")),
        ([is_("title", r"(?P<a>x)\1{3}y(?!.)(?=z)", "matches")], ("title", "matches", r"(?P<a>x)\1{3}y(?!.)(?=z)")),
        ([is_("resource", "metric_alert"), is_("level", "error")], ("level", "is", "error")),
    ],
)
def test_the_condition_that_no_sample_meets_is_named(when, obstacle) -> None:
    found = fitted(rule_of(*when))
    assert [(spec.field, spec.operator, spec.value) for spec in found.obstacles] == [obstacle]
    assert not found.is_accepted


def test_the_alert_is_one_that_earlier_rules_leave_alone() -> None:
    production = rule_of(is_("environment", "production"), number=1)
    fatal = rule_of(is_("level", "fatal"), number=2)
    found = fitted(rule_of(number=3), production, fatal)
    assert found.is_accepted
    assert found.alert.environment != "production"
    assert found.alert.level != "fatal"


def test_a_rule_that_an_earlier_one_leaves_nothing_is_not_accepted_though_its_conditions_hold() -> None:
    found = fitted(rule_of(is_("level", "fatal"), number=2), rule_of(number=1))
    assert (found.is_accepted, found.obstacles, found.alert.level) == (False, (), "fatal")


@pytest.mark.parametrize(
    ("pattern", "first"),
    [(r"^a|b$", "a"), (r"x{3}", "xxx"), (r"[^a]b+c?", "xbc"), (r"\(ok\)", "(ok)"), (r"(?:a|(b|c)d)e", "ae")],
)
def test_the_guesses_for_a_pattern_make_its_choices(pattern: str, first: str) -> None:
    assert examples(MatcherSpec("title", "matches", pattern))[0] == first
