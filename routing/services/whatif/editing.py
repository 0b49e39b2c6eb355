"""Changes that are not saved, put into the configuration that deciding runs on."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from routing.policy.severity import parse_mapping
from routing.policy.specs import Configuration, RuleSpec, SilenceSpec, TargetSpec
from routing.services.configuration.comparing import Changes
from routing.services.configuration.policy_view import Names, rule_spec, silence_spec


def edited(saved: Configuration, changes: Changes) -> Configuration:
    """The configuration after the changes; what is new gets numbers below zero, which no row has."""
    targets = _targets(saved, changes)
    names = Names({spec.name: spec.id for spec in targets.values()})
    before, after = changes.severity
    return replace(
        saved,
        version="edited",
        targets=targets,
        rules=_rules(saved, changes, names),
        silences=_silences(saved, changes),
        severity=saved.severity if before == after else parse_mapping(after),
        source_defaults=_source_defaults(saved, changes, names),
        project_defaults=_project_defaults(saved, changes, names),
    )


def _targets(saved: Configuration, changes: Changes) -> Mapping[int, TargetSpec]:
    found = {spec.name: spec for spec in saved.targets.values()}
    new = count(-1, -1)
    for change in changes.of("targets"):
        before = found.pop(change.name, None)
        if change.after is not None:
            number = before.id if before else next(new)
            kind, enabled = change.after["kind"], change.after["enabled"]
            found[change.name] = TargetSpec(id=number, name=change.name, kind=kind, enabled=enabled)
    return {spec.id: spec for spec in found.values()}


def _rules(saved: Configuration, changes: Changes, names: Names) -> tuple[RuleSpec, ...]:
    found = {spec.name: spec for spec in saved.rules}
    new = count(-1, -1)
    for change in changes.of("rules"):
        before = found.pop(change.name, None)
        if change.after is not None and change.after["enabled"]:
            found[change.name] = rule_spec(before.id if before else next(new), change.after, names)
    return tuple([found[name] for name in changes.order[1] if name in found])


def _silences(saved: Configuration, changes: Changes) -> tuple[SilenceSpec, ...]:
    found = {spec.name: spec for spec in saved.silences}
    new = count(-1, -1)
    for change in changes.of("silences"):
        before = found.pop(change.name, None)
        if change.after is not None:
            found[change.name] = silence_spec(before.id if before else next(new), change.after)
    # New ones are asked last, as their rows' numbers will make them.
    return tuple(sorted(found.values(), key=lambda spec: (spec.id < 0, abs(spec.id))))


def _source_defaults(saved: Configuration, changes: Changes, names: Names) -> Mapping[str, tuple[int, ...]]:
    found = dict(saved.source_defaults)
    for change in changes.of("sources"):
        found.pop(change.name, None)
        if change.after is not None:
            found[change.name] = names.of(change.after["default_targets"])
    return found


def _project_defaults(
    saved: Configuration, changes: Changes, names: Names
) -> Mapping[tuple[str, str], tuple[int, ...]]:
    found = dict(saved.project_defaults)
    for change in changes.of("projects"):
        for item in (change.before, change.after):
            if item is not None:
                found.pop((item["source"], item["slug"]), None)
        if change.after is not None and change.after["default_targets"]:
            found[change.after["source"], change.after["slug"]] = names.of(change.after["default_targets"])
    return found
