"""The configuration in memory, at one moment: everything that receiving and deciding need."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from integrations.contract import ProjectHint
from routing.fields import Sealed, UnsealingError
from routing.models.targets import settings_of
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import CompiledRules, compile_configuration
from routing.policy.specs import RuleSpec, SilenceSpec, TargetSpec

HOOK_SOURCE = "hook"
"""The source that answers for `/hook`; it exists from the first migration on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """A source with its active secrets, opened."""

    id: int
    name: str
    kind: str
    accept_unsigned: bool
    issue_actions: frozenset[str]
    secrets: tuple[str, ...] = field(default=(), repr=False)
    secret_ids: tuple[int, ...] = ()
    """The rows of `secrets`, in the same order."""
    has_unreadable_secret: bool = False
    """True when FIELD_KEYS no longer open one of the active secrets, so that a wrong signature proves nothing."""


class KeyEntry(NamedTuple):
    """An active hook key: whose it is, and its row."""

    source: SourceEntry
    key_id: int


@dataclass(frozen=True, kw_only=True)
class TargetEntry(TargetSpec):
    """A target with what storing needs of it; its credentials stay sealed until somebody asks for them."""

    fallback_id: int | None = None
    fallback_after_minutes: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, Sealed] = field(default_factory=dict, repr=False)

    @cached_property
    def settings(self) -> Mapping[str, Any] | None:
        """As `Target.settings`; None when FIELD_KEYS no longer open the credentials."""
        try:
            return settings_of(self.kind, self.options, self.credentials)
        except UnsealingError:
            return None


class LoadedRule(NamedTuple):
    """A rule and its canonical JSON."""

    spec: RuleSpec
    json: bytes


class ProjectEntry(NamedTuple):
    """What is known of a project."""

    sentry_id: int | None
    has_title: bool


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The whole configuration as of one configuration stamp; share it between threads, never change it."""

    number: int
    """The stamp it was read at."""
    sources: Mapping[int, SourceEntry]
    source_ids: Mapping[str, int]
    keys: Mapping[str, KeyEntry]
    """SHA-256 of an active hook key -> entry."""
    targets: Mapping[int, TargetEntry]
    addresses: Mapping[tuple[str, str], tuple[int, ...]]
    """(kind, address digest) -> targets with that address, enabled ones first."""
    projects: Mapping[tuple[int, str], ProjectEntry]
    """(source, slug) -> what is known."""
    rules: CompiledRules
    loaded_rules: Mapping[tuple[object, ...], LoadedRule] = field(repr=False)
    """Each rule by what it was read from, so that the next reading parses only what changed."""
    content: bytes = field(repr=False)
    """The canonical JSON of the rule set: what is stored under `rules.version`."""
    guard: PatternGuard

    _written: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    @property
    def is_version_stored(self) -> bool:
        """True when this process has stored the rule set under its version."""
        return bool(self._written)

    def note_version_stored(self) -> None:
        """Note that the rule set is stored; call it after the commit."""
        self._written.add(self.rules.version)

    @cached_property
    def bare_rules(self) -> CompiledRules:
        """The same configuration without rules: silences, the default mapping and default targets alone."""
        return compile_configuration(replace(self.rules.configuration, rules=()))

    @cached_property
    def silences(self) -> Mapping[int, SilenceSpec]:
        """The silences that are not over, by id."""
        return {silence.id: silence for silence in self.rules.configuration.silences}

    def source(self, name: str) -> SourceEntry | None:
        """The source of that name."""
        found = self.source_ids.get(name)
        return None if found is None else self.sources[found]

    def knows(self, source: int, hint: ProjectHint) -> bool:
        """True when a payload's word on a project teaches nothing new; without a slug nothing can be learned."""
        if not hint.slug:
            return True
        known = self.projects.get((source, hint.slug))
        if known is None:
            return False
        return hint.sentry_id in (None, known.sentry_id) and (known.has_title or not hint.name)
