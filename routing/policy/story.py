"""What happened while an alert was decided: all that its trace is written from."""

from collections.abc import Sequence
from typing import NamedTuple

from integrations.contract import Severity
from routing.policy.facts import Facts
from routing.policy.grouping import CompiledRule, Group
from routing.policy.ruleset import CompiledRules
from routing.policy.specs import TargetVerdict


class Direct(NamedTuple):
    """What was chosen in the source's alert rule action, and what it led to; None for what is not known."""

    target_name: str
    severity_name: str
    target: int | None
    severity: Severity | None


class Walk(NamedTuple):
    """How the rules were gone through: which matched, which were outside active hours, which one ended the search."""

    matched: Sequence[CompiledRule]
    closed: Sequence[CompiledRule]
    stopped_at: int | None


class Defaults(NamedTuple):
    """The default targets, and whose they are: `project` or `source`."""

    of: str
    targets: tuple[int, ...]


class Story(NamedTuple):
    """One decision from beginning to end."""

    rules: CompiledRules
    facts: Facts
    group: Group
    direct: Direct | None
    walk: Walk | None
    """None where the alert was routed directly, and no rule was asked."""
    defaults: Defaults | None
    verdicts: tuple[TargetVerdict, ...]
