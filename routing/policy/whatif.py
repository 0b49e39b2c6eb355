"""What a rule set would have made of alerts that came: the whole way of deciding, from matching to the last recovery.

Every message is taken to arrive; digests, fallbacks and resends, which depend on how targets answer, have no part in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import regex

from integrations.contract import SentryStatus
from routing.policy.cases import Case, Course, Place, Setup, ThreadKey, Told
from routing.policy.deciding import decide
from routing.policy.facts import Facts
from routing.policy.patterns import PatternGuard
from routing.policy.ruleset import compile_configuration
from routing.policy.severity import loudness
from routing.policy.specs import Configuration, SeverityOrDrop, SilenceSpec, TargetVerdict
from routing.policy.threads import NEW_THREAD, ThreadState, open_round, store_firing, store_recovery
from routing.policy.windows import silence_end, silence_holds


@dataclass(slots=True)
class _Held:
    """The firings of one alert key that a silence holds back from one target."""

    status: SentryStatus
    severity: SeverityOrDrop
    recovery_severity: SeverityOrDrop
    at: datetime


class StandingGuard(PatternGuard):
    """A guard for times that pass at once: a pattern that stalled stays suspended to the end."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self._moment = moment

    def search(self, pattern: "regex.Pattern[str]", values: tuple[str, ...], now: datetime) -> str:
        """As `PatternGuard.search`, always at the same moment."""
        return super().search(pattern, values, self._moment)


def simulate(cases: Iterable[Case], *, setup: Setup, threads: Mapping[ThreadKey, ThreadState], now: datetime) -> Course:
    """What becomes of the alerts, in their order, each at its own time; silences that end by `now` are summed up.

    `threads` are those that the targets had before the first alert.
    """
    simulation = _Simulation(setup, StandingGuard(now))
    for (target, alert_key), state in threads.items():
        simulation.threads.setdefault(alert_key, {})[target] = state
    for case in cases:
        simulation.sum_up(case.at)
        if case.alert.is_resolved:
            simulation.recover(case)
        else:
            simulation.fire(case)
    simulation.sum_up(now)
    return Course(simulation.told, frozenset(simulation.unrouted))


def caught(silence: SilenceSpec, cases: Iterable[Case], *, now: datetime) -> list[int]:
    """The inbounds whose firing alerts the silence would have held back, in order.

    The conditions decide, and for a weekly silence whether its window was open; a range lies in the future.
    Raises ValueError for conditions that cannot be used.
    """
    compiled = compile_configuration(Configuration(version="", silences=(silence,))).silences[0]
    if compiled.broken:
        raise ValueError(compiled.broken)
    guard = StandingGuard(now)
    found = []
    for case in cases:
        if case.alert.is_resolved or (silence.weekly is not None and not silence_holds(silence, case.at)):
            continue
        facts = Facts(case.alert, case.source, case.at, guard)
        if all(test(facts) for test in compiled.tests):
            found.append(case.inbound)
    return found


@dataclass(slots=True)
class _Simulation:
    setup: Setup
    guard: PatternGuard
    threads: dict[str, dict[str, ThreadState]] = field(default_factory=dict)
    """By alert key and target."""
    causes: dict[str, set[str]] = field(default_factory=dict)
    """The alert keys that told of each cause that several share."""
    stand_ins: dict[ThreadKey, set[str]] = field(default_factory=dict)
    """The alert keys under which a target was told of what another announced."""
    told: list[Told] = field(default_factory=list)
    unrouted: set[int] = field(default_factory=set)
    held: dict[int, dict[ThreadKey, _Held]] = field(default_factory=dict)
    """By silence."""

    def fire(self, case: Case) -> None:
        rules = self.setup.rules if case.asks_rules else self.setup.bare
        decision = decide(case.alert, source=case.source, rules=rules, now=case.at, guard=self.guard)
        known = rules.configuration.targets
        verdicts = [verdict for verdict in decision.verdicts if verdict.target in known]
        if not verdicts:
            self.unrouted.add(case.inbound)
        for verdict in verdicts:
            self._tell(case, self.setup.places[known[verdict.target].name], verdict)

    def _tell(self, case: Case, place: Place, verdict: TargetVerdict) -> None:
        key, threads = (place.name, case.alert.alert_key), self.threads.setdefault(case.alert.alert_key, {})
        siblings = self._siblings(case, place.name)
        step = store_firing(
            threads.get(place.name, NEW_THREAD),
            verdict,
            status=case.alert.sentry_status,
            resource="" if case.alert.is_test or case.alert.is_follow_up else case.alert.resource,
            siblings=siblings.values(),
            target_enabled=place.enabled,
            supported=place.can_be_told(case.alert),
            round_untold=False,
            now=case.at,
        )
        self.told.append(Told(place.name, case.inbound, case.at, step.severity, step.reason))
        if step.reason == "silenced" and verdict.silence is not None:
            self._hold(key, case, verdict, verdict.silence)
        elif step.echo_of is not None:
            self.stand_ins.setdefault(key, set()).update(of for of in siblings if siblings[of] is step.echo_of)
        elif not step.reason:
            threads[place.name] = step.thread
            self._forget([key])

    def _siblings(self, case: Case, name: str) -> dict[str, ThreadState]:
        """What the target was told of the same cause under other alert keys."""
        for cause in case.alert.cause_keys:
            self.causes.setdefault(cause, {cause}).add(case.alert.alert_key)
        keys = {key for cause in case.alert.cause_keys for key in self.causes[cause]} - {case.alert.alert_key}
        return {key: self.threads[key][name] for key in sorted(keys) if name in self.threads.get(key, {})}

    def _hold(self, key: ThreadKey, case: Case, verdict: TargetVerdict, silence: int) -> None:
        before = self.held.setdefault(silence, {}).pop(key, None)
        severity = verdict.severity
        if before is not None and loudness(before.severity) > loudness(severity):
            severity = before.severity
        self.held[silence][key] = _Held(case.alert.sentry_status, severity, verdict.recovery_severity, case.at)

    def recover(self, case: Case) -> None:
        ended = {(name, case.alert.alert_key) for name in self.threads.get(case.alert.alert_key, {})}
        for key in [key for key in self.stand_ins if key[1] == case.alert.alert_key]:
            ended |= {(key[0], other) for other in self.stand_ins.pop(key)}
        for name, alert_key in sorted(ended):
            place, threads = self.setup.places.get(name), self.threads[alert_key]
            supported = place is None or place.can_be_told(case.alert)
            step = store_recovery(threads[name], round_untold=False, supported=supported)
            if step is not None:
                threads[name] = step.thread
                self.told.append(Told(name, case.inbound, case.at, step.severity, step.reason))
        held = [key for waiting in self.held.values() for key in waiting if key[1] == case.alert.alert_key]
        self._forget(held)

    def _forget(self, keys: Iterable[ThreadKey]) -> None:
        """What was told or is over since need not be summed up."""
        for key in list(keys):
            for waiting in self.held.values():
                waiting.pop(key, None)

    def sum_up(self, now: datetime) -> None:
        for silence in self.setup.rules.configuration.silences:
            waiting = self.held.get(silence.id)
            if not waiting:
                continue
            end = silence_end(silence, max(held.at for held in waiting.values()))
            if end is not None and end <= now:
                del self.held[silence.id]
                if silence.name not in self.setup.without_summary:
                    self._tell_what_was_held(waiting, end)

    def _tell_what_was_held(self, waiting: Mapping[ThreadKey, _Held], end: datetime) -> None:
        for name in sorted({target for target, _ in waiting}):
            if not self.setup.places[name].can_be_summed_up:
                continue
            problems = {key: held for key, held in waiting.items() if key[0] == name}
            loudest = max((held.severity for held in problems.values()), key=loudness)
            self.told.append(Told(name, None, end, loudest))
            for (_, alert_key), held in problems.items():
                threads = self.threads.setdefault(alert_key, {})
                threads[name] = open_round(
                    threads.get(name, NEW_THREAD),
                    status=held.status,
                    severity=held.severity,
                    recovery_severity=held.recovery_severity,
                    now=end,
                )
