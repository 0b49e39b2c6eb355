"""Configuration as frozen values: what rows become before they enter policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, TypeAlias

from integrations.contract import Severity

SeverityOrDrop: TypeAlias = Severity | str
"""A `Severity`, or `contract.DROP`."""


@dataclass(frozen=True, slots=True)
class MatcherSpec:
    """One (field, operator, value); `value` is a tuple for `in` and `not_in`, None for `is_set` and `is_not_set`."""

    field: str
    operator: str
    value: str | tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Alternatives: holds when any of its matchers does."""

    matchers: tuple[MatcherSpec, ...]


When: TypeAlias = tuple[MatcherSpec | AnyOf, ...]
"""All of these must hold; empty holds for every alert."""


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """A weekly window. `end` before or at `start` reaches into the next day; both None is the whole day."""

    days: frozenset[int]
    """0 is Monday. The day on which the window starts."""
    start: time | None
    end: time | None
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """One rule, in the order of `Configuration.rules`."""

    id: int
    name: str
    source: str | None = None
    project: str | None = None
    """A project slug; without `source` it means that slug in any source."""
    when: When = ()
    severity: Mapping[str, SeverityOrDrop] = field(default_factory=dict)
    """Overlay: key `status` or `status.level`."""
    targets: tuple[int, ...] = ()
    continues: bool = False
    repeat_minutes: int = 0
    active: WindowSpec | None = None
    broken: str = ""
    """Why the stored conditions cannot be read; such a rule never matches and is named in every trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceSpec:
    """One silence: either from `starts_at` to `ends_at`, or the weekly window."""

    id: int
    name: str
    when: When
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    weekly: WindowSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """What deciding needs to know of a target."""

    id: int
    name: str
    kind: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything that deciding depends on, at one moment."""

    version: str
    """Names the immutable, stored version of the rule set that traces refer to."""
    rules: tuple[RuleSpec, ...] = ()
    severity: Mapping[str, SeverityOrDrop] = field(default_factory=dict)
    """The default mapping: key `status` or `status.level`."""
    silences: tuple[SilenceSpec, ...] = ()
    targets: Mapping[int, TargetSpec] = field(default_factory=dict)
    source_defaults: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Source name -> default targets."""
    project_defaults: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """(source name, project slug) -> default targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVerdict:
    """What deciding wants one target to hear; the thread may still hold it back."""

    target: int
    severity: SeverityOrDrop
    recovery_severity: SeverityOrDrop
    """What `resolved` maps to under the same rules; kept on the thread for the recovery."""
    rules: tuple[str, ...] = ()
    repeat_minutes: int = 0
    """The shortest window of the rules that met here; 0 is no repeat control."""
    silence: int | None = None
    """The silence that holds this back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The result of matching a firing alert, with its reasons. `reason` is `matched`, `default_targets` or `unmatched`."""

    reason: str
    verdicts: tuple[TargetVerdict, ...] = ()
    """In target order."""
    rules_version: str = ""
    trace: Mapping[str, Any] = field(default_factory=dict)
    """JSON: see `policy.trace`."""
