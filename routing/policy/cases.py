"""Alerts that came, a rule set that they might meet, and what becomes of them: the words of a simulation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, TypeAlias

from integrations.contract import Alert, Limits
from routing.policy.ruleset import CompiledRules
from routing.policy.specs import SeverityOrDrop

ThreadKey: TypeAlias = tuple[str, str]
"""Target name and alert key."""


class Case(NamedTuple):
    """One alert that came."""

    inbound: int
    at: datetime
    source: str
    alert: Alert
    asks_rules: bool = True
    """False where the caller named the target, so that only silences and the default mapping count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A target as a simulation needs it."""

    name: str
    kind: str
    enabled: bool
    limits: Limits
    budget: str
    """Targets with the same budget share their limits."""
    can_be_told: Callable[[Alert], bool]
    can_be_summed_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """A rule set with all that its consequences depend on."""

    rules: CompiledRules
    bare: CompiledRules
    """The same without rules."""
    places: Mapping[str, Place]
    without_summary: frozenset[str] = frozenset()
    """Names of silences at whose end nothing is summed up."""


class Told(NamedTuple):
    """What became of an alert for one target; `reason` says why it was held back, and is "" for a message."""

    target: str
    inbound: int | None
    """None for the summary of a silence."""
    at: datetime
    severity: SeverityOrDrop
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that became of some alerts, in order."""

    told: Sequence[Told]
    unrouted: frozenset[int]
    """Inbounds that no rule and no default target took."""
