"""The real thing and the plain one must agree on every generated case, and so must the trace."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.contract import Alert
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import AnyOf, Configuration, Decision, MatcherSpec
from routing.policy.trace import to_json
from tests.routing.policy import strategies
from tests.routing.policy.reference import Expected, matcher_holds, reference_decide


def verdicts_of(decision: Decision) -> dict[int, dict[str, Any]]:
    return {
        verdict.target: {
            "severity": str(verdict.severity),
            "recovery_severity": str(verdict.recovery_severity),
            "rules": list(verdict.rules),
            "repeat_minutes": verdict.repeat_minutes,
            "silence": verdict.silence,
        }
        for verdict in decision.verdicts
    }


def check_condition(entry: dict[str, Any], item: MatcherSpec | AnyOf, alert: Alert) -> None:
    if isinstance(item, AnyOf):
        assert entry["holds"] == any(matcher_holds(alert, "acme", spec) for spec in item.matchers)
        for part, spec in zip(entry["any"], item.matchers, strict=True):
            check_condition(part, spec, alert)
        return
    assert (entry["field"], entry["op"]) == (item.field, item.operator)
    assert entry["holds"] == matcher_holds(alert, "acme", item)
    assert "reason" not in entry


def check_trace(decision: Decision, expected: Expected, alert: Alert, configuration: Configuration) -> None:
    trace = json.loads(json.dumps(to_json(decision.trace)))
    assert trace["rules_version"] == "v1"
    assert [(entry["id"], entry["result"]) for entry in trace["rules"]] == expected.results
    assert {
        target["id"]: {key: target[key] for key in target if key not in ("id", "name")} for target in trace["targets"]
    } == expected.verdicts
    for entry in trace["rules"]:
        when = configuration.rules[entry["id"]].when
        for condition, item in zip(entry.get("when", ()), when if "when" in entry else (), strict=True):
            check_condition(condition, item, alert)
        if entry["result"] in ("matched", "outside_active_hours", "not_matched"):
            holds = all(condition["holds"] for condition in entry["when"])
            assert holds == (entry["result"] != "not_matched")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(configuration=strategies.configurations(), found=st.lists(strategies.alerts(), min_size=1, max_size=3))
def test_every_generated_alert_is_decided_as_the_plain_implementation_decides_it(
    configuration: Configuration, found: list[Alert]
) -> None:
    rules, guard = compile_configuration(configuration), PatternGuard()
    for alert in [*found, *found]:
        expected = reference_decide(alert, "acme", configuration, strategies.NOW)
        decision = decide(alert, source="acme", rules=rules, now=strategies.NOW, guard=guard)
        assert decision.reason == expected.reason
        assert verdicts_of(decision) == expected.verdicts
        assert [verdict.target for verdict in decision.verdicts] == sorted(expected.verdicts)
        check_trace(decision, expected, alert, configuration)
