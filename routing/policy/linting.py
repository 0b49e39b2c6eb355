"""What an operator should know about a configuration that is valid, and yet may not do what was meant."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from integrations.contract import DROP, SentryStatus, Text
from routing.policy.implying import follows, never_holds, possible_values
from routing.policy.ruleset import CompiledRules, compile_configuration
from routing.policy.severity import severity_of
from routing.policy.specs import AnyOf, Configuration, MatcherSpec, RuleSpec, When

_FIRING = tuple(status.value for status in SentryStatus if status is not SentryStatus.RESOLVED)
_IS_FIRING = MatcherSpec("status", "in", _FIRING)


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark: a stable code, what it is about, and a sentence for people."""

    code: str
    about: Literal["rule", "silence", "source", "project", "severity"]
    name: str
    text: Text


def lint(configuration: Configuration, *, projects: Collection[tuple[str, str]]) -> list[Finding]:
    """Everything worth a remark; `projects` are the (source name, slug) pairs seen or announced so far.

    The sources are the keys of `configuration.source_defaults`.
    """
    rules = compile_configuration(configuration)
    return [
        *_names(configuration),
        *_broken(rules),
        *_targets(configuration),
        *_never(configuration, rules),
        *_shadowed(configuration, rules),
        *_unseen(configuration, projects),
        *_defaults(configuration),
        *_statuses(configuration, rules),
    ]


def _names(configuration: Configuration) -> Iterator[Finding]:
    for name, count in Counter(rule.name for rule in configuration.rules).items():
        if count > 1:
            yield _rule("duplicate_name", name, f"{count} rules have this name", f"有 {count} 条规则同名")


def _broken(rules: CompiledRules) -> Iterator[Finding]:
    for rule in rules.broken:
        yield _rule("broken", rule.spec.name, f"never matches: {rule.broken}", f"无法生效：{rule.broken}")
    for silence in rules.silences:
        if silence.broken:
            text = Text(f"never holds: {silence.broken}", f"无法生效：{silence.broken}")
            yield Finding("broken", "silence", silence.spec.name, text)


def _targets(configuration: Configuration) -> Iterator[Finding]:
    off = {target.id: target.name for target in configuration.targets.values() if not target.enabled}
    for rule in configuration.rules:
        if not rule.targets:
            yield _rule("no_targets", rule.name, "has no targets", "没有推送目标")
        for name in (off[target] for target in rule.targets if target in off):
            yield _rule("disabled_target", rule.name, f"tells {name}, which is disabled", f"推送目标 {name} 已停用")
    for source, targets in configuration.source_defaults.items():
        for name in (off[target] for target in targets if target in off):
            yield Finding("disabled_target", "source", source, _default_is_off(name))
    for (_, slug), targets in configuration.project_defaults.items():
        for name in (off[target] for target in targets if target in off):
            yield Finding("disabled_target", "project", slug, _default_is_off(name))


def _default_is_off(name: str) -> Text:
    return Text(f"its default target {name} is disabled", f"默认目标 {name} 已停用")


def _never(configuration: Configuration, rules: CompiledRules) -> Iterator[Finding]:
    broken = {rule.position for rule in rules.broken}
    for position, rule in enumerate(configuration.rules):
        if position not in broken and never_holds((*_bound(rule), _IS_FIRING)):
            yield _rule(
                "never_matches",
                rule.name,
                "no firing alert can satisfy all its conditions",
                "没有任何触发告警能同时满足它的全部条件",
            )
    for silence in rules.silences:
        if not silence.broken and never_holds(silence.spec.when):
            text = Text("no alert can satisfy all its conditions", "没有任何告警能同时满足它的全部条件")
            yield Finding("never_matches", "silence", silence.spec.name, text)


def _shadowed(configuration: Configuration, rules: CompiledRules) -> Iterator[Finding]:
    broken = {rule.position for rule in rules.broken}
    final: list[tuple[str, When, frozenset[str]]] = []
    for position, rule in enumerate(configuration.rules):
        if position in broken:
            continue
        when = _bound(rule)
        fields = _fields(when)
        earlier = next((name for name, given, asked in final if asked <= fields and follows(given, when)), None)
        if earlier is not None:
            yield _rule(
                "shadowed",
                rule.name,
                f"is never reached: {earlier} takes all its alerts before it",
                f"永远不会执行：它的告警都已被前面的规则 {earlier} 匹配",
            )
        elif not rule.continues and rule.active is None:
            final.append((rule.name, when, _fields(when, alternatives=False)))


def _unseen(configuration: Configuration, projects: Collection[tuple[str, str]]) -> Iterator[Finding]:
    known = {(source, slug.casefold()) for source, slug in projects}
    anywhere = {slug for _, slug in known}
    for rule in configuration.rules:
        for slug in _named_projects(rule):
            if slug not in anywhere if rule.source is None else (rule.source, slug) not in known:
                yield _rule(
                    "unseen_project",
                    rule.name,
                    f"no alert of project {slug} has been seen yet",
                    f"尚未收到过项目 {slug} 的告警",
                )


def _named_projects(rule: RuleSpec) -> list[str]:
    named = [rule.project.casefold()] if rule.project else []
    for item in rule.when:
        for spec in item.matchers if isinstance(item, AnyOf) else (item,):
            if spec.field == "project":
                named.extend(sorted(possible_values(spec) or ()))
    return list(dict.fromkeys(named))


def _defaults(configuration: Configuration) -> Iterator[Finding]:
    for source, targets in configuration.source_defaults.items():
        if not targets:
            text = Text(
                "has no default targets: what no rule matches reaches nobody",
                "没有默认目标：无匹配路由的告警不会推送给任何人",
            )
            yield Finding("no_default", "source", source, text)


def _statuses(configuration: Configuration, rules: CompiledRules) -> Iterator[Finding]:
    bare = [source for source, targets in configuration.source_defaults.items() if not targets]
    broken = {rule.position for rule in rules.broken}
    usable = [_bound(rule) for index, rule in enumerate(configuration.rules) if rule.targets and index not in broken]
    for status in SentryStatus:
        severity = severity_of(status=status, level=None, default=configuration.severity, overlay={})
        if severity == DROP:
            text = Text("the default mapping sends nothing for it", "默认等级映射为不推送")
            yield Finding("status_dropped", "severity", status.value, text)
        asked = MatcherSpec("status", "is", status.value)
        if status.value in _FIRING and bare and all(never_holds((*when, asked)) for when in usable):
            text = Text(
                f"no rule handles it, and there are no default targets in {', '.join(bare)}",
                f"没有规则处理该状态，且 {'、'.join(bare)} 没有默认目标",
            )
            yield Finding("status_unhandled", "severity", status.value, text)


def _bound(rule: RuleSpec) -> When:
    """A rule's conditions, with the source and the project that it is bound to as two more."""
    source = (MatcherSpec("source", "is", rule.source),) if rule.source else ()
    project = (MatcherSpec("project", "is", rule.project),) if rule.project else ()
    return (*source, *project, *rule.when)


def _fields(when: When, *, alternatives: bool = True) -> frozenset[str]:
    plain = [item.field for item in when if isinstance(item, MatcherSpec)]
    others = [spec.field for item in when if isinstance(item, AnyOf) for spec in item.matchers]
    return frozenset(plain + others if alternatives else plain)


def _rule(code: str, name: str, en: str, zh: str) -> Finding:
    return Finding(code, "rule", name, Text(en, zh))
