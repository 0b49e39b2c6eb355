"""The trace of a decision: for each candidate rule and each condition the value seen and the verdict, as JSON.

    {"rules_version", "decided_at",
     "direct": null | {"target", "severity", "result": "routed" | "unknown_target" | "no_settings"},
     "rules": [{"id", "name", "result", "targets"?, "continues"?, "detail"?, "when"?: [condition, …]}, …],
     "omitted": number of further candidate rules,
     "defaults": null | {"of": "project" | "source", "targets": [name, …]},
     "silences": [{"id", "name", "result", "when": […]}, …],
     "targets": [{"id", "name", "severity", "recovery_severity", "rules", "repeat_minutes", "silence"}, …]}

Storing adds `"echoes": [{"target", "announced_by", "announced_at"}, …]` where another resource told a target already.

A condition is `{"field", "op", "value"?, "more"?, "seen": […], "holds", "reason"?}` or `{"any": [condition, …], "holds"}`.
The `result` of a rule is `matched`, `not_matched`, `outside_active_hours` (its conditions hold), `broken` (with
`detail`) or `not_reached` (an earlier rule ended the search; its conditions are not shown); of a silence in force,
`matched`, `not_matched` or `broken`. A `reason` of `regex_timeout` or `regex_suspended` says why a regular
expression gave no answer. `rules` is empty where the alert was routed directly.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from routing.policy.conditions import matcher_to_json
from routing.policy.grouping import CompiledRule
from routing.policy.matching import Compiled, CompiledAny, CompiledMatcher, is_regular
from routing.policy.ruleset import CompiledSilence
from routing.policy.specs import MatcherSpec, TargetVerdict
from routing.policy.story import Direct, Story, Walk
from routing.policy.windows import silence_holds

MAX_RULES = 200
"""Candidate rules shown in their order; matching, broken and closed ones beyond are shown all the same."""

MAX_SILENCES = 50
MAX_VALUES = 10
MAX_LENGTH = 200
"""Characters shown of a value."""


class LazyTrace(Mapping[str, Any]):
    """A trace that is written when it is first read: most of its cost is not needed to decide."""

    __slots__ = ("_json", "_story")

    def __init__(self, story: Story) -> None:
        self._story = story
        self._json: dict[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The trace as plain JSON values."""
        if self._json is None:
            self._json = _write(self._story)
        return self._json

    def __getitem__(self, key: str) -> Any:
        return self.to_json()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.to_json())

    def __len__(self) -> int:
        return len(self.to_json())


def to_json(trace: Mapping[str, Any]) -> dict[str, Any]:
    """A decision's trace as a plain dict, for storing and sending."""
    return trace.to_json() if isinstance(trace, LazyTrace) else dict(trace)


def _write(story: Story) -> dict[str, Any]:
    seen = _Seen(story)
    rules, omitted = _rules(story, seen)
    return {
        "rules_version": story.rules.version,
        "decided_at": story.facts.now.isoformat(),
        "direct": _direct(story.direct),
        "rules": rules,
        "omitted": omitted,
        "defaults": story.defaults and {"of": story.defaults.of, "targets": _names(story, story.defaults.targets)},
        "silences": [_silence(each, seen) for each in _in_force(story)],
        "targets": [_target(verdict, story) for verdict in story.verdicts],
    }


def _rules(story: Story, seen: "_Seen") -> tuple[list[dict[str, Any]], int]:
    walk, candidates = story.walk, story.group.candidates
    if walk is None:
        return [], 0
    results = {rule.position: "outside_active_hours" for rule in walk.closed}
    results.update({rule.position: "matched" for rule in walk.matched})
    entries: list[dict[str, Any]] = []
    for index, rule in enumerate(candidates):
        result = results.get(rule.position, "broken" if rule.broken else "")
        if result or index < MAX_RULES:
            entries.append(_rule(rule, result or _unmatched(rule, walk), story, seen))
    return entries, len(candidates) - len(entries)


def _unmatched(rule: CompiledRule, walk: Walk) -> str:
    return "not_matched" if walk.stopped_at is None or rule.position < walk.stopped_at else "not_reached"


def _rule(rule: CompiledRule, result: str, story: Story, seen: "_Seen") -> dict[str, Any]:
    spec = rule.spec
    if result == "not_reached":
        return {"id": spec.id, "name": spec.name, "result": result}
    if result == "broken":
        return {"id": spec.id, "name": spec.name, "result": result, "detail": rule.broken}
    conditions = [seen.condition(condition) for condition in rule.conditions]
    entry = {"id": spec.id, "name": spec.name, "result": result, "when": conditions}
    if result == "matched":
        entry["targets"] = _names(story, rule.targets)
        entry["continues"] = spec.continues
    return entry


class _Seen:
    """The conditions of one trace; each is written once, however many rules share it."""

    def __init__(self, story: Story) -> None:
        self._facts = story.facts
        self._values: dict[str, list[str]] = {}
        self._entries: dict[int, dict[str, Any]] = {}

    def condition(self, condition: Compiled) -> dict[str, Any]:
        """A condition with the values seen and the verdict."""
        entry = self._entries.get(id(condition))
        if entry is None:
            if isinstance(condition, CompiledAny):
                entry = {
                    "any": [self.condition(each) for each in condition.matchers],
                    "holds": condition.test(self._facts),
                }
            else:
                entry = self._matcher(condition)
            self._entries[id(condition)] = entry
        return entry

    def _matcher(self, matcher: CompiledMatcher) -> dict[str, Any]:
        field, facts = matcher.spec.field, self._facts
        values = self._values.get(field)
        if values is None:
            values = self._values[field] = [_shown(value) for value in facts.raw(field)[:MAX_VALUES]]
        entry = {**_spec(matcher.spec), "seen": values, "holds": matcher.test(facts)}
        trouble = facts.trouble(field, str(matcher.spec.value)) if is_regular(matcher) else ""
        return {**entry, "reason": trouble} if trouble else entry


def _spec(spec: MatcherSpec) -> dict[str, Any]:
    """The condition as the configuration file writes it; of a long list only the first values."""
    written = matcher_to_json(spec)
    if isinstance(spec.value, tuple) and len(spec.value) > MAX_VALUES:
        return {**written, "value": written["value"][:MAX_VALUES], "more": len(spec.value) - MAX_VALUES}
    return written


def _shown(value: str) -> str:
    """A value cut to `MAX_LENGTH`, without the characters that databases refuse in JSON."""
    cut = value[:MAX_LENGTH]
    return cut if cut.isprintable() else cut.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _direct(direct: Direct | None) -> dict[str, Any] | None:
    if direct is None:
        return None
    result = "routed" if direct.target is not None else "unknown_target" if direct.target_name else "no_settings"
    return {"target": _shown(direct.target_name), "severity": _shown(direct.severity_name), "result": result}


def _in_force(story: Story) -> list[CompiledSilence]:
    return [each for each in story.rules.silences if silence_holds(each.spec, story.facts.now)][:MAX_SILENCES]


def _silence(silence: CompiledSilence, seen: _Seen) -> dict[str, Any]:
    entry = {"id": silence.spec.id, "name": silence.spec.name}
    if silence.broken:
        return {**entry, "result": "broken", "detail": silence.broken}
    conditions = [seen.condition(condition) for condition in silence.conditions]
    matched = all(condition["holds"] for condition in conditions)
    return {**entry, "result": "matched" if matched else "not_matched", "when": conditions}


def _target(verdict: TargetVerdict, story: Story) -> dict[str, Any]:
    return {
        "id": verdict.target,
        "name": _names(story, [verdict.target])[0],
        "severity": str(verdict.severity),
        "recovery_severity": str(verdict.recovery_severity),
        "rules": list(verdict.rules),
        "repeat_minutes": verdict.repeat_minutes,
        "silence": verdict.silence,
    }


def _names(story: Story, targets: Sequence[int]) -> list[str]:
    known = story.rules.configuration.targets
    return [known[target].name if target in known else str(target) for target in targets]
