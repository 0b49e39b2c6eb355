"""Small makers, so that a test shows only what it is about."""

from datetime import UTC, datetime
from typing import Any

from integrations.contract import Alert, SentryStatus
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import AnyOf, Configuration, Decision, MatcherSpec, RuleSpec, TargetSpec

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
"""A Wednesday; 18:30 in Shanghai."""


def alert(**given: Any) -> Alert:
    """A firing issue alert of project web."""
    usual = {
        "resource": "event_alert",
        "action": "triggered",
        "sentry_status": SentryStatus.TRIGGERED,
        "alert_key": "k1",
        "level": "error",
        "environment": "production",
        "project_slug": "web",
    }
    return Alert(**{**usual, **given})


def rule(number: int, *when: MatcherSpec | AnyOf, **given: Any) -> RuleSpec:
    """A rule named after its number that tells target 1."""
    return RuleSpec(**{"id": number, "name": f"rule {number}", "when": when, "targets": (1,), **given})


def configuration(*rules: RuleSpec, **given: Any) -> Configuration:
    """These rules, with the targets ops (1), team (2) and duty (3), and ops as the default of source acme."""
    names = {1: "ops", 2: "team", 3: "duty"}
    usual = {
        "version": "v1",
        "rules": rules,
        "targets": {number: TargetSpec(id=number, name=name, kind="feishu") for number, name in names.items()},
        "source_defaults": {"acme": (1,)},
    }
    return Configuration(**{**usual, **given})


def decided(made: Configuration, given: Alert, *, now: datetime = NOW, guard: PatternGuard | None = None) -> Decision:
    """The decision on an alert from source acme."""
    return decide(given, source="acme", rules=compile_configuration(made), now=now, guard=guard or PatternGuard())


def told(decision: Decision) -> dict[int, str]:
    """Target -> severity."""
    return {verdict.target: str(verdict.severity) for verdict in decision.verdicts}
