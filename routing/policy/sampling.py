"""An alert that a rule is to match: which values it must have, or which condition stands in the way."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, product
from typing import Any

from integrations.contract import LEVELS, Alert
from routing.policy.examples import examples, joined
from routing.policy.facts import Facts
from routing.policy.fields import SETTING, TAG, read_field
from routing.policy.matching import build_test
from routing.policy.patterns import PatternGuard
from routing.policy.specs import AnyOf, MatcherSpec, RuleSpec

WAYS = 32
"""Ways through the alternatives of a rule that are tried."""
TRIES = 400
"""Alerts that are tried at most."""
CHOICES = 4
"""Values that are tried for one field."""

_ATTRIBUTES = {
    "environment": "environment",
    "level": "level",
    "rule": "rule_name",
    "title": "title",
    "message": "message",
    "culprit": "culprit",
    "platform": "platform",
    "release": "release",
    "logger": "logger",
}
_OF_ITS_SORT = frozenset({"resource", "status"})
_ABSENT_AS_NONE = frozenset({"environment", "level", "rule", "platform", "release", "logger"})
_OF_METRICS = frozenset({"environment", "title", "rule", "message", "project"})
_USUAL: Mapping[str, Sequence[str | None]] = {
    "level": ("error", *(level for level in reversed(LEVELS) if level != "error")),
    "environment": ("production", "staging", "development", None),
}
"""What is tried where a rule asks for nothing in particular, so that an earlier rule does not take the alert."""


@dataclass(frozen=True, slots=True)
class Fit:
    """An alert for a rule. `obstacles` are the conditions that no such alert meets; without any, and not
    `is_accepted`, the conditions hold and something else comes in between: an earlier rule, active hours."""

    alert: Alert
    is_accepted: bool
    obstacles: tuple[MatcherSpec, ...] = ()


def fit(bases: Sequence[Alert], *, rule: RuleSpec, source: str, accepts: Callable[[Alert], bool], now: datetime) -> Fit:
    """The first alert that `accepts` takes, made of one of `bases` by changing what the rule's conditions ask for.

    Where there is none, the one that comes nearest. An alert never gets the number of an issue, nor a status or
    resource that its base has not. Raises ValueError without a base.
    """
    best: Fit | None = None
    tries = iter(range(TRIES))
    for base, way in product(bases, list(islice(_ways(rule), WAYS))):
        choices, obstacles = _choices(base, way, source, now)
        for alert in _variants(base, choices):
            if best is None or _weight(obstacles) < _weight(best.obstacles):
                best = Fit(alert, False, obstacles)
            if obstacles or next(tries, None) is None:
                break
            if accepts(alert):
                return Fit(alert, True)
    if best is None:
        raise ValueError("no base to make an alert of")
    return best


def with_field(alert: Alert, name: str, value: str | None) -> Alert:
    """The alert with another value for a field, None for no value; the same alert where the field cannot be set."""
    if not is_settable(alert, name) or (alert.kind == "metric" and name in ("title", "rule") and not value):
        return alert
    if name == "project":
        return replace(alert, project_slug=value, project_slugs=()) if value else alert
    if name.startswith((TAG, SETTING)):
        return _with_named(alert, name, value)
    if alert.kind == "metric" and name in ("title", "rule"):
        return replace(alert, title=value or "", rule_name=value)
    change: dict[str, Any] = {_ATTRIBUTES[name]: value or (None if name in _ABSENT_AS_NONE else "")}
    return replace(alert, **change)


def is_settable(alert: Alert, name: str) -> bool:
    """True for a field that a sample of this alert's kind can be given."""
    if alert.kind == "metric":
        return name in _OF_METRICS or name.startswith(SETTING)
    return (
        name in _ATTRIBUTES
        or name == "project"
        or name.startswith(TAG)
        or (name.startswith(SETTING) and not alert.is_legacy)
    )


def _with_named(alert: Alert, name: str, value: str | None) -> Alert:
    prefix, _, key = name.partition(":")
    if prefix == "tag":
        tags = {other: texts for other, texts in alert.tags.items() if other != key}
        return replace(alert, tags={**tags, key: (value,)} if value else tags)
    settings = {other: text for other, text in alert.settings.items() if other != key}
    return replace(alert, settings={**settings, key: value} if value else settings)


def _ways(rule: RuleSpec) -> Iterator[list[MatcherSpec]]:
    bound = [MatcherSpec("project", "is", rule.project)] if rule.project else []
    for way in product(*[item.matchers if isinstance(item, AnyOf) else (item,) for item in rule.when]):
        yield [*bound, *way]


def _choices(
    base: Alert, way: Sequence[MatcherSpec], source: str, now: datetime
) -> tuple[dict[str, list[str | None]], tuple[MatcherSpec, ...]]:
    """The values that satisfy the conditions field by field, and the conditions that nothing satisfies."""
    by_field: dict[str, list[MatcherSpec]] = {}
    for spec in way:
        by_field.setdefault(spec.field, []).append(spec)
    choices: dict[str, list[str | None]] = {}
    obstacles: list[MatcherSpec] = []
    for name, specs in by_field.items():
        fitting = [
            value for value in _candidates(base, name, specs) if not _refusing(base, name, value, specs, source, now)
        ]
        if fitting:
            choices[name] = fitting[:CHOICES]
        else:
            kept = next(iter(read_field(base, source, name)), None)
            obstacles += _refusing(base, name, kept, specs, source, now) or specs
    for name, usual in _USUAL.items():
        if name not in by_field and is_settable(base, name):
            choices[name] = list(usual)
    return choices, tuple(obstacles)


def _candidates(base: Alert, name: str, specs: Sequence[MatcherSpec]) -> Iterator[str | None]:
    if not is_settable(base, name):
        yield next(iter(read_field(base, "", name)), None)
        return
    wanted = [value for spec in specs for value in examples(spec)]
    now_there = next(iter(read_field(base, "", name)), None)
    usual = _USUAL.get(name, ())
    yield from dict.fromkeys([*wanted, *filter(None, [joined(specs)]), *usual, now_there, "sample", None])


def _refusing(
    base: Alert, name: str, value: str | None, specs: Sequence[MatcherSpec], source: str, now: datetime
) -> list[MatcherSpec]:
    """The conditions on one field that do not hold for an alert with this value."""
    facts = Facts(with_field(base, name, value), source, now, PatternGuard())
    return [spec for spec in specs if not build_test(spec)(facts)]


def _weight(obstacles: Sequence[MatcherSpec]) -> int:
    """How far an alert is from matching: one of another sort is further than any that could be changed."""
    return sum([100 if spec.field in _OF_ITS_SORT else 1 for spec in obstacles])


def _variants(base: Alert, choices: Mapping[str, Sequence[str | None]]) -> Iterator[Alert]:
    for values in product(*choices.values()):
        alert = base
        for name, value in zip(choices, values, strict=True):
            alert = with_field(alert, name, value)
        yield alert
