"""What the rules that matched want to be said, and what one target is told in the end."""

from collections.abc import Sequence
from typing import NamedTuple

from integrations.contract import SentryStatus
from routing.policy.severity import loudness, recovery_severity, severity_of
from routing.policy.specs import Configuration, RuleSpec, SeverityOrDrop, TargetVerdict


class Wish(NamedTuple):
    """How loudly one rule wants an alert told; the default targets wish without a rule."""

    loudness: int
    severity: SeverityOrDrop
    recovery_loudness: int
    recovery: SeverityOrDrop
    repeat_minutes: int
    rule: str | None


def wish_of(configuration: Configuration, rule: RuleSpec | None, status: SentryStatus, level: str | None) -> Wish:
    """The wish for an alert of this status and level, by the default mapping and the rule's own rows over it."""
    overlay = rule.severity if rule else {}
    severity = severity_of(status=status, level=level, default=configuration.severity, overlay=overlay)
    recovery = recovery_severity(level=level, default=configuration.severity, overlay=overlay)
    return Wish(
        loudness(severity),
        severity,
        loudness(recovery),
        recovery,
        rule.repeat_minutes if rule else 0,
        rule.name if rule else None,
    )


def verdict_of(target: int, wishes: Sequence[Wish]) -> TargetVerdict:
    """One message for one target: the loudest severity, all the rules, the shortest repeat window.

    A rule without repeat control (0 minutes) has the shortest window of all: with it nothing is held back as a repeat.
    """
    loudest = recovery = shortest = wishes[0]
    for wish in wishes[1:]:
        if wish.loudness > loudest.loudness:
            loudest = wish
        if wish.recovery_loudness > recovery.recovery_loudness:
            recovery = wish
        if wish.repeat_minutes < shortest.repeat_minutes:
            shortest = wish
    return TargetVerdict(
        target=target,
        severity=loudest.severity,
        recovery_severity=recovery.recovery,
        rules=tuple([wish.rule for wish in wishes if wish.rule is not None]),
        repeat_minutes=shortest.repeat_minutes,
    )
