"""Deciding as one would explain it to a colleague: slow, plain, and sharing no code with the real thing."""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from integrations.contract import Alert
from routing.policy.specs import AnyOf, Configuration, MatcherSpec, RuleSpec, SilenceSpec, WindowSpec

LEVELS = ["debug", "info", "warning", "error", "fatal"]
LOUDNESS = {"drop": -1, "ok": 0, "info": 1, "warning": 2, "critical": 3}
BUILT_IN = {"critical": "critical", "warning": "warning", "triggered": "warning", "resolved": "ok"}


@dataclass
class Expected:
    """What the real thing must come to."""

    reason: str
    verdicts: dict[int, dict[str, Any]]
    results: list[tuple[int, str]]
    """(rule id, result) for each candidate rule in order."""


def values_of(alert: Alert, source: str, field: str) -> list[str]:
    """Every non-empty value that the alert has for the field."""
    if field == "source":
        values: list[Any] = [source]
    elif field == "project":
        values = list(alert.project_slugs) if alert.project_slugs else [alert.project_slug]
    elif field == "status":
        values = [str(alert.sentry_status)]
    elif field == "rule":
        values = [alert.rule_name]
    elif field.startswith("tag:"):
        values = list(alert.tags.get(field[4:], ()))
    elif field.startswith("setting:"):
        values = [alert.settings.get(field[8:])]
    else:
        values = [getattr(alert, field)]
    return [value for value in values if value not in (None, "")]


def one_value_fits(operator: str, wanted: Any, value: str) -> bool:
    """The positive operators on one value."""
    if operator == "matches":
        return re.search(wanted, value) is not None
    seen = value.casefold()
    if operator == "in":
        return seen in [each.casefold() for each in wanted]
    text = (wanted or "").casefold()
    if operator == "is_set":
        return True
    if operator in ("at_least", "at_most"):
        if seen not in LEVELS:
            return False
        difference = LEVELS.index(seen) - LEVELS.index(text)
        return difference >= 0 if operator == "at_least" else difference <= 0
    return {
        "is": seen == text,
        "contains": text in seen,
        "starts_with": seen.startswith(text),
        "ends_with": seen.endswith(text),
        "glob": fnmatch.fnmatchcase(seen, text),
    }[operator]


OPPOSITE = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "not_matches": "matches",
    "is_not_set": "is_set",
}


def matcher_holds(alert: Alert, source: str, spec: MatcherSpec) -> bool:
    """Positive: some value fits. Negative: no value fits."""
    values = values_of(alert, source, spec.field)
    if spec.operator in OPPOSITE:
        return not any(one_value_fits(OPPOSITE[spec.operator], spec.value, value) for value in values)
    return any(one_value_fits(spec.operator, spec.value, value) for value in values)


def item_holds(alert: Alert, source: str, item: MatcherSpec | AnyOf) -> bool:
    """A matcher, or one of several."""
    if isinstance(item, AnyOf):
        return any(matcher_holds(alert, source, spec) for spec in item.matchers)
    return matcher_holds(alert, source, item)


def all_hold(alert: Alert, source: str, when: tuple[MatcherSpec | AnyOf, ...]) -> bool:
    """All of a `when` list."""
    return all(item_holds(alert, source, item) for item in when)


def window_is_open(window: WindowSpec, now: datetime) -> bool:
    """What the clock on the wall says, minute of the week by minute of the week."""
    wall = now.astimezone(ZoneInfo(window.timezone))
    second = wall.weekday() * 86400 + wall.hour * 3600 + wall.minute * 60 + wall.second
    for day in window.days:
        if window.start is None or window.end is None:
            start, length = day * 86400, 86400
        else:
            start = day * 86400 + window.start.hour * 3600 + window.start.minute * 60
            length = (window.end.hour - window.start.hour) * 3600 + (window.end.minute - window.start.minute) * 60
            length = length if length > 0 else length + 86400
        if (second - start) % (7 * 86400) < length:
            return True
    return False


def silence_is_on(silence: SilenceSpec, now: datetime) -> bool:
    """Whether the silence is in force at this moment."""
    if silence.weekly is not None:
        return window_is_open(silence.weekly, now)
    assert silence.starts_at is not None
    assert silence.ends_at is not None
    return silence.starts_at <= now < silence.ends_at


def severity(status: str, level: str | None, default: Any, overlay: Any) -> str:
    """The most specific row wins; of equal rows the overlay's."""
    rows = {**default, **overlay}
    specific = f"{status}.{(level or '').casefold()}"
    return str(rows.get(specific, rows.get(status, BUILT_IN[status])))


def is_candidate(rule: RuleSpec, alert: Alert, source: str) -> bool:
    """Rules that are not bound to somebody else."""
    if rule.source is not None and rule.source != source:
        return False
    projects = [slug.casefold() for slug in values_of(alert, source, "project")]
    return rule.project is None or rule.project.casefold() in projects


def walk(alert: Alert, source: str, rules: list[RuleSpec], now: datetime) -> Iterator[tuple[RuleSpec, str]]:
    """Each candidate rule and what became of it."""
    stopped = False
    for rule in rules:
        if rule.broken:
            yield rule, "broken"
        elif stopped:
            yield rule, "not_reached"
        elif not all_hold(alert, source, rule.when):
            yield rule, "not_matched"
        elif rule.active is not None and not window_is_open(rule.active, now):
            yield rule, "outside_active_hours"
        else:
            yield rule, "matched"
            stopped = not rule.continues


def reference_decide(alert: Alert, source: str, configuration: Configuration, now: datetime) -> Expected:
    """The decision of a firing alert."""
    silences = [
        each.id for each in configuration.silences if silence_is_on(each, now) and all_hold(alert, source, each.when)
    ]

    def verdict(rules: list[RuleSpec]) -> dict[str, Any]:
        overlays = [rule.severity for rule in rules] or [{}]
        told = [severity(alert.sentry_status, alert.level, configuration.severity, overlay) for overlay in overlays]
        recovered = [severity("resolved", alert.level, configuration.severity, overlay) for overlay in overlays]
        return {
            "severity": max(told, key=lambda word: LOUDNESS[word]),
            "recovery_severity": max(recovered, key=lambda word: LOUDNESS[word]),
            "rules": [rule.name for rule in rules],
            "repeat_minutes": min((rule.repeat_minutes for rule in rules), default=0),
            "silence": silences[0] if silences else None,
        }

    wanted = alert.settings.get("target", "").strip()
    named = [target.id for target in configuration.targets.values() if wanted and target.name == wanted]
    if named:
        chosen = verdict([])
        if alert.settings.get("severity", "").strip().casefold() in ("critical", "warning", "info"):
            chosen["severity"] = alert.settings["severity"].strip().casefold()
        return Expected("matched", {named[0]: chosen}, [])

    candidates = [rule for rule in configuration.rules if is_candidate(rule, alert, source)]
    outcome = list(walk(alert, source, candidates, now))
    results = [(rule.id, result) for rule, result in outcome]
    matched = [rule for rule, result in outcome if result == "matched"]
    if matched:
        targets = {target for rule in matched for target in rule.targets}
        met = {target: verdict([rule for rule in matched if target in rule.targets]) for target in targets}
        return Expected("matched", met, results)
    slugs = [slug.casefold() for slug in values_of(alert, source, "project")]
    defaults = [
        target
        for (name, slug), targets in configuration.project_defaults.items()
        if name == source and slug.casefold() in slugs
        for target in targets
    ] or list(configuration.source_defaults.get(source, ()))
    reason = "default_targets" if defaults else "unmatched"
    return Expected(reason, {target: verdict([]) for target in defaults}, results)
