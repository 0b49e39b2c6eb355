"""What deciding costs: 10, 1,000 and 10,000 rules beside a plain loop over the same rules, in the same run.

    python -m bench.routing

Every rule but a handful is bound to a project, as in a house where each team keeps its own. The plain loop asks
every rule in order and compiles nothing. Figures are microseconds for one alert unless they say otherwise.
"""

import random
import re
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from integrations.contract import Alert, SentryStatus, Severity
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard, compile_pattern
from routing.policy.ruleset import CompiledRules, compile_configuration
from routing.policy.specs import AnyOf, Configuration, MatcherSpec, RuleSpec, TargetSpec
from routing.policy.trace import to_json

SEED = 20_261_121
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
RULES_A_PROJECT = 20
TEAMS = ("checkout", "search", "payments", "mobile")
LEVELS = ("debug", "info", "warning", "error", "fatal")
SECONDS_A_CASE = 2.0


def conditions(chance: random.Random) -> tuple[MatcherSpec | AnyOf, ...]:
    """One to three conditions as teams write them; one rule in five has a regular expression."""
    kinds: tuple[MatcherSpec | AnyOf, ...] = (
        MatcherSpec("environment", "is", chance.choice(("production", "staging"))),
        MatcherSpec("environment", "in", ("production", "canary")),
        MatcherSpec("level", "at_least", chance.choice(LEVELS[1:])),
        MatcherSpec("tag:team", "is", chance.choice(TEAMS)),
        MatcherSpec("title", "contains", chance.choice(("timeout", "refused", "missing key"))),
        AnyOf((MatcherSpec("platform", "is", "python"), MatcherSpec("logger", "starts_with", "celery"))),
    )
    chosen = chance.sample(kinds, chance.randint(1, 3))
    if chance.random() < 0.2:
        chosen.append(MatcherSpec("message", "matches", f"code={chance.randint(1, 50)}[0-9]{{2}}\\b"))
    return tuple(chosen)


def configuration(size: int) -> Configuration:
    """A rule set of this many rules: all bound to a project but one in a thousand, which is asked for every alert."""
    chance = random.Random(SEED + size)
    projects = max(1, size // RULES_A_PROJECT)
    rules = tuple(
        RuleSpec(
            id=number,
            name=f"rule {number}",
            project=None if number % 1000 == 7 else f"project-{chance.randrange(projects)}",
            when=conditions(chance),
            severity={"triggered.fatal": Severity.CRITICAL} if number % 3 == 0 else {},
            targets=(number % 40, number % 7),
            continues=number % 1000 == 7 or chance.random() < 0.8,
            repeat_minutes=number % 2 * 30,
        )
        for number in range(size)
    )
    targets = {number: TargetSpec(id=number, name=f"target-{number}", kind="feishu") for number in range(40)}
    return Configuration(version="bench", rules=rules, targets=targets, source_defaults={"acme": (1,)})


def alerts(size: int, count: int) -> list[Alert]:
    """Alerts of all the projects in turn."""
    chance = random.Random(SEED)
    projects = max(1, size // RULES_A_PROJECT)
    return [
        Alert(
            resource="event_alert",
            action="triggered",
            sentry_status=SentryStatus.TRIGGERED,
            alert_key=str(number),
            title=f"ConnectionError: {chance.choice(('timeout', 'refused', 'reset'))} by peer",
            message=f"upstream answered code={chance.randint(100, 5099)} after 3 tries",
            level=chance.choice(LEVELS),
            environment=chance.choice(("production", "staging", "canary")),
            project_slug=f"project-{chance.randrange(projects)}",
            platform=chance.choice(("python", "javascript")),
            logger="celery.worker",
            tags={"team": (chance.choice(TEAMS),)},
        )
        for number in range(count)
    ]


def plain_holds(alert: Alert, spec: MatcherSpec) -> bool:
    """One condition, read again for every alert."""
    if spec.field.startswith("tag:"):
        values = alert.tags.get(spec.field[4:], ())
    else:
        value = getattr(alert, spec.field)
        values = (value,) if value else ()
    wanted = spec.value if isinstance(spec.value, tuple) else (str(spec.value),)
    if spec.operator in ("is", "in"):
        return any(value.lower() in [each.lower() for each in wanted] for value in values)
    if spec.operator == "at_least":
        return any(value in LEVELS[LEVELS.index(wanted[0]) :] for value in values)
    if spec.operator == "contains":
        return any(wanted[0].lower() in value.lower() for value in values)
    if spec.operator == "starts_with":
        return any(value.lower().startswith(wanted[0].lower()) for value in values)
    return any(re.search(wanted[0], value) for value in values)


def plain_loop(alert: Alert, source: str, rules: tuple[RuleSpec, ...]) -> dict[int, list[str]]:
    """The targets of an alert and the rules that named them, by asking every rule."""
    found: dict[int, list[str]] = {}
    project = str(alert.project_slug).lower()
    for rule in rules:
        if rule.source is not None and rule.source != source:
            continue
        if rule.project is not None and rule.project.lower() != project:
            continue
        if all(
            any(plain_holds(alert, each) for each in item.matchers)
            if isinstance(item, AnyOf)
            else plain_holds(alert, item)
            for item in rule.when
        ):
            for target in dict.fromkeys(rule.targets):
                found.setdefault(target, []).append(rule.name)
            if not rule.continues:
                break
    return found


def timed(work: Callable[[Alert], object], sample: list[Alert]) -> tuple[float, float]:
    """Median and 99th percentile in microseconds, of at most `SECONDS_A_CASE`."""
    took: list[float] = []
    end = time.perf_counter() + SECONDS_A_CASE
    while time.perf_counter() < end and len(took) < 40_000:
        alert = sample[len(took) % len(sample)]
        began = time.perf_counter_ns()
        work(alert)
        took.append((time.perf_counter_ns() - began) / 1000)
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.99)]


def built(made: Configuration) -> tuple[CompiledRules, float]:
    """The compiled rules, and the seconds it took."""
    began = time.perf_counter()
    rules = compile_configuration(made)
    return rules, time.perf_counter() - began


def case(size: int) -> None:
    """Measure one size and print its line; the two ways must agree on every alert."""
    made = configuration(size)
    compile_pattern.cache_clear()
    rules, cold = built(made)
    warm = statistics.median(built(made)[1] for _ in range(5))
    guard, sample = PatternGuard(), alerts(size, 2000)

    def compiled(alert: Alert) -> object:
        return decide(alert, source="acme", rules=rules, now=NOW, guard=guard)

    def traced(alert: Alert) -> object:
        return to_json(decide(alert, source="acme", rules=rules, now=NOW, guard=guard).trace)

    for alert in sample[:200]:
        decision = decide(alert, source="acme", rules=rules, now=NOW, guard=guard)
        told = {verdict.target: list(verdict.rules) for verdict in decision.verdicts if verdict.rules}
        assert told == plain_loop(alert, "acme", made.rules), alert
    for alert in sample:
        compiled(alert)
    (median, late), (plain, plain_late), (full, _) = (
        timed(compiled, sample),
        timed(lambda alert: plain_loop(alert, "acme", made.rules), sample),
        timed(traced, sample),
    )
    print(
        f"{size:>6} | {median:>7.1f} {late:>8.1f} | {plain:>8.1f} {plain_late:>9.1f} | {plain / median:>5.0f}x"
        f" | {full:>9.1f} | {cold * 1000:>6.1f} {warm * 1000:>6.1f}"
    )


def main() -> None:
    """Print the table."""
    print(f"seed {SEED}; one alert, microseconds; compile in milliseconds")
    print(" rules |  decide      p99 |    plain       p99 | ratio | and trace | compile  again")
    for size in (10, 1000, 10_000):
        case(size)


if __name__ == "__main__":
    main()
