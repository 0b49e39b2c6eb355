"""Deciding a firing alert: who must hear of it, how loudly, and why."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from integrations.contract import Alert, Severity
from routing.policy.facts import Facts
from routing.policy.grouping import CompiledRule, Group
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import CompiledRules, CompiledSilence
from routing.policy.specs import Decision, TargetVerdict
from routing.policy.story import Defaults, Direct, Story, Walk
from routing.policy.trace import LazyTrace
from routing.policy.windows import is_open, silence_holds

_CHOSEN = {"critical": Severity.CRITICAL, "warning": Severity.WARNING, "info": Severity.INFO}


def decide(alert: Alert, *, source: str, rules: CompiledRules, now: datetime, guard: PatternGuard) -> Decision:
    """Who hears of a firing alert from this source, with the reasons; raises ValueError for a recovery.

    A known target chosen in the source's alert rule action is told directly, in the severity chosen with it; otherwise
    the rules are asked, and the default targets where none matches. `trace` is written on first use: see `policy.trace`.
    """
    if alert.is_resolved:
        raise ValueError("a recovery goes to the open threads; the rules are not asked")
    facts = Facts(alert, source, now, guard)
    group = rules.group(source, facts["project"])
    status, level = alert.sentry_status, alert.level and alert.level.casefold()
    direct = _direct(alert, rules)
    walk, defaults, reason = None, None, "matched"
    verdicts: tuple[TargetVerdict, ...]
    if direct is not None and direct.target is not None:
        verdicts = (rules.chosen(direct.target, direct.severity, status, level),)
    else:
        walk = _walk(group, facts)
        verdicts = rules.verdicts(walk.matched, status, level)
        if not walk.matched:
            defaults = _defaults(rules, source, facts["project"])
            reason = "default_targets" if defaults.targets else "unmatched"
            verdicts = tuple([rules.chosen(target, None, status, level) for target in sorted(defaults.targets)])
    silence = _first_silence(rules.silences, facts) if verdicts else None
    if silence is not None:
        verdicts = tuple([replace(verdict, silence=silence) for verdict in verdicts])
    story = Story(rules, facts, group, direct, walk, defaults, verdicts)
    return Decision(reason=reason, verdicts=verdicts, rules_version=rules.version, trace=LazyTrace(story))


def silence_of(
    alert: Alert, *, source: str, silences: Iterable[CompiledSilence], now: datetime, guard: PatternGuard
) -> int | None:
    """The first of these silences that holds a firing alert back at this moment, or None."""
    return _first_silence(silences, Facts(alert, source, now, guard))


def _walk(group: Group, facts: Facts) -> Walk:
    """The rules in order, up to the first that matches and does not say continue."""
    matched: list[CompiledRule] = []
    closed: list[CompiledRule] = []
    for rule in group.matching(facts):
        window = rule.spec.active
        if window is not None and not is_open(window, facts.now):
            closed.append(rule)
            continue
        matched.append(rule)
        if not rule.spec.continues:
            return Walk(matched, closed, rule.position)
    return Walk(matched, closed, None)


def _direct(alert: Alert, rules: CompiledRules) -> Direct | None:
    settings = alert.settings
    if not settings:
        return Direct("", "", None, None) if alert.lacks_settings else None
    name, severity = settings.get("target", "").strip(), settings.get("severity", "").strip()
    return Direct(name, severity, rules.target_ids.get(name), _CHOSEN.get(severity.casefold())) if name else None


def _defaults(rules: CompiledRules, source: str, projects: Sequence[str]) -> Defaults:
    """The default targets of all the alert's projects together, else those of its source."""
    of_projects = [target for slug in projects for target in rules.project_defaults.get((source, slug), ())]
    if of_projects:
        return Defaults("project", tuple(dict.fromkeys(of_projects)))
    return Defaults("source", tuple(dict.fromkeys(rules.configuration.source_defaults.get(source, ()))))


def _first_silence(silences: Iterable[CompiledSilence], facts: Facts) -> int | None:
    for silence in silences:
        if not silence.broken and silence_holds(silence.spec, facts.now) and all(test(facts) for test in silence.tests):
            return silence.spec.id
    return None
