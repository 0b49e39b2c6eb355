"""The configuration as a compiled index by source and project: what deciding runs on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from integrations.contract import LEVELS, SentryStatus, Severity
from routing.policy.grouping import CompiledRule, Group
from routing.policy.matching import Compiled, Known, compile_when, tests_of
from routing.policy.operators import Test
from routing.policy.specs import Configuration, SilenceSpec, TargetVerdict, When
from routing.policy.wishes import Wish, verdict_of, wish_of

MAX_GROUPS = 1024
"""Projects whose rules are kept grouped; project slugs come from payloads, so their number must have an end."""

MAX_VERDICTS = 4096
"""Outcomes that are kept: one for each set of rules that matched together."""


class CompiledSilence(NamedTuple):
    """One silence ready to run; `broken` says why it never holds, and is "" where it can."""

    spec: SilenceSpec
    conditions: tuple[Compiled, ...]
    tests: tuple[Test, ...]
    broken: str


Binding = tuple[str | None, str | None]
"""Source name and case-folded project slug that a rule is bound to; None where it is not."""


@dataclass(frozen=True, slots=True, eq=False)
class CompiledRules:
    """A configuration ready to decide by; build it with `compile_configuration`, share it between threads."""

    configuration: Configuration
    silences: tuple[CompiledSilence, ...]
    target_ids: Mapping[str, int]
    """Target name -> id."""
    project_defaults: Mapping[tuple[str, str], tuple[int, ...]]
    """(source name, case-folded project slug) -> default targets."""
    _index: Mapping[Binding, Sequence[CompiledRule]]
    _groups: dict[tuple[str, tuple[str, ...]], Group] = field(default_factory=dict)
    _verdicts: dict[tuple[tuple[int, ...], SentryStatus, str | None], tuple[TargetVerdict, ...]] = field(
        default_factory=dict
    )

    @property
    def version(self) -> str:
        """The stored version of the rule set that traces refer to."""
        return self.configuration.version

    @property
    def broken(self) -> tuple[CompiledRule, ...]:
        """The rules that never match because they cannot be read, in order."""
        found = [rule for rules in self._index.values() for rule in rules if rule.broken]
        return tuple(sorted(found, key=attrgetter("position")))

    def group(self, source: str, projects: tuple[str, ...]) -> Group:
        """The rules for these projects (case-folded slugs) of this source, grouped on first use."""
        key = (source, projects)
        found = self._groups.get(key)
        if found is None:
            if len(self._groups) >= MAX_GROUPS:
                self._groups.clear()
            bindings = [(name, slug) for name in (None, source) for slug in (None, *dict.fromkeys(projects))]
            rules = [rule for binding in bindings for rule in self._index.get(binding, ())]
            found = self._groups[key] = Group(sorted(rules, key=attrgetter("position")))
        return found

    def chosen(self, target: int, severity: Severity | None, status: SentryStatus, level: str | None) -> TargetVerdict:
        """What a target is told that no rule named: in this severity, or for None in that of the default mapping."""
        usual = wish_of(self.configuration, None, status, level)
        return verdict_of(target, [usual if severity is None else usual._replace(severity=severity)])

    def verdicts(
        self, matched: Sequence[CompiledRule], status: SentryStatus, level: str | None
    ) -> tuple[TargetVerdict, ...]:
        """What the rules that matched make together of an alert of this status and level, in target order."""
        level = level if level in LEVELS else None
        key = (tuple([rule.position for rule in matched]), status, level)
        found = self._verdicts.get(key)
        if found is None:
            if len(self._verdicts) >= MAX_VERDICTS:
                self._verdicts.clear()
            wishes: dict[int, list[Wish]] = {}
            for rule in matched:
                wish = wish_of(self.configuration, rule.spec, status, level)
                for target in rule.targets:
                    wishes.setdefault(target, []).append(wish)
            found = self._verdicts[key] = tuple([verdict_of(target, wishes[target]) for target in sorted(wishes)])
        return found


def compile_configuration(configuration: Configuration) -> CompiledRules:
    """Index and compile a configuration; conditions that cannot be compiled make their rule broken, never the set."""
    known = Known({}, {})
    index: dict[Binding, list[CompiledRule]] = {}
    for position, spec in enumerate(configuration.rules):
        slug = spec.project.casefold() if spec.project else None
        conditions, broken = ((), spec.broken) if spec.broken else _compile(spec.when, known)
        rule = CompiledRule(position, spec, tuple(dict.fromkeys(spec.targets)), conditions, broken)
        index.setdefault((spec.source or None, slug), []).append(rule)
    return CompiledRules(
        configuration=configuration,
        silences=tuple([_silence(spec, known) for spec in configuration.silences]),
        target_ids={target.name: target.id for target in configuration.targets.values()},
        project_defaults=_project_defaults(configuration),
        _index=index,
    )


def _project_defaults(configuration: Configuration) -> dict[tuple[str, str], tuple[int, ...]]:
    """By case-folded slug; projects whose slugs differ only in case share their defaults."""
    found: dict[tuple[str, str], tuple[int, ...]] = {}
    for (source, slug), targets in configuration.project_defaults.items():
        key = (source, slug.casefold())
        found[key] = (*found.get(key, ()), *targets)
    return found


def _silence(spec: SilenceSpec, known: Known) -> CompiledSilence:
    conditions, broken = _compile(spec.when, known)
    return CompiledSilence(spec, conditions, tests_of(conditions), broken)


def _compile(when: When, known: Known) -> tuple[tuple[Compiled, ...], str]:
    try:
        return compile_when(when, known), ""
    except ValueError as error:
        return (), str(error)
