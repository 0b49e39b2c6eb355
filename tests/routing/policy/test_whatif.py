"""A rule set over alerts that came: who would have been told what, in which order, and how often."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.contract import Limits, SentryStatus, Severity
from routing.policy.cases import Case, Course, Place, Setup, Told
from routing.policy.differing import compare, forecast
from routing.policy.ruleset import compile_configuration
from routing.policy.specs import Configuration, MatcherSpec, SilenceSpec, WindowSpec
from routing.policy.threads import ThreadState
from routing.policy.whatif import caught, simulate
from tests.routing.policy.making import NOW, alert, configuration, rule

MINUTE = timedelta(minutes=1)


def at(minutes: float) -> datetime:
    return NOW + minutes * MINUTE


def place(name: str, **given) -> Place:
    usual = {"kind": "feishu", "enabled": True, "limits": Limits(), "budget": name, "can_be_summed_up": True}
    return Place(**{"name": name, "can_be_told": lambda _alert: True, **usual, **given})


def setup(made: Configuration, *, without_summary: frozenset[str] = frozenset(), **given) -> Setup:
    places = {spec.name: place(spec.name, **given) for spec in made.targets.values()}
    bare = compile_configuration(configuration())
    return Setup(rules=compile_configuration(made), bare=bare, places=places, without_summary=without_summary)


def cases(*given: tuple[float, dict[str, Any]]) -> list[Case]:
    """Alerts at so many minutes, numbered from 1."""
    return [Case(number, at(minutes), "acme", alert(**fields)) for number, (minutes, fields) in enumerate(given, 1)]


RESOLVED = {"sentry_status": SentryStatus.RESOLVED, "resource": "issue", "action": "resolved"}


def course(
    made: Setup, *given: tuple[float, dict[str, Any]], until: float = 1000, threads=None
) -> list[tuple[str, int | None, str]]:
    """(target, inbound, severity or reason) of all that was told or held back."""
    found = simulate(cases(*given), setup=made, threads=threads or {}, now=at(until))
    return [(told.target, told.inbound, told.reason or str(told.severity)) for told in found.told]


def test_a_recovery_goes_to_whom_was_told_and_to_nobody_else():
    made = setup(configuration(rule(1, MatcherSpec("level", "is", "error"), targets=(1, 2))))
    assert course(made, (0, {}), (1, RESOLVED), (2, RESOLVED), (3, {**RESOLVED, "alert_key": "other"})) == [
        ("ops", 1, "warning"),
        ("team", 1, "warning"),
        ("ops", 2, "ok"),
        ("team", 2, "ok"),
    ]


def test_a_thread_from_before_gets_its_recovery_and_counts_as_told():
    made = setup(configuration(rule(1, repeat_minutes=30)))
    known = {
        ("ops", "k1"): ThreadState(
            is_open=True, round=1, last_status=SentryStatus.TRIGGERED, last_severity=Severity.WARNING, last_fired_at=at(-5)
        )
    }  # fmt: skip
    assert course(made, (0, {}), (1, RESOLVED), threads=known) == [("ops", 1, "repeated"), ("ops", 2, "ok")]


def test_a_repeat_is_held_back_within_its_window_and_a_louder_one_is_not():
    made = setup(configuration(rule(1, repeat_minutes=30, severity={"triggered.fatal": Severity.CRITICAL})))
    given = [(0, {}), (10, {}), (20, {"level": "fatal"}), (31, {"level": "fatal"}), (70, {})]
    assert [last for _, _, last in course(made, *given)] == ["warning", "repeated", "critical", "repeated", "warning"]


def test_default_targets_get_what_no_rule_takes_and_the_rest_is_unrouted():
    made = setup(configuration(rule(1, MatcherSpec("level", "is", "fatal"), targets=(3,))))
    assert course(made, (0, {}), (1, {"level": "fatal"})) == [("ops", 1, "warning"), ("duty", 2, "warning")]
    nowhere = setup(configuration(source_defaults={}))
    assert simulate(cases((0, {})), setup=nowhere, threads={}, now=NOW).unrouted == {1}


def test_active_hours_are_those_of_the_alert_not_those_of_now():
    office = WindowSpec(days=frozenset({2}), start=NOW.time(), end=(NOW + 5 * MINUTE).time(), timezone="UTC")
    made = setup(configuration(rule(1, targets=(2,), active=office)))
    assert course(made, (0, {}), (10, {})) == [("team", 1, "warning"), ("ops", 2, "warning")]


def test_a_call_that_names_its_target_asks_no_rules():
    made = setup(configuration(rule(1, targets=(2,))))
    named = Case(1, NOW, "acme", alert(settings={"target": "duty"}), asks_rules=False)
    unnamed = Case(2, NOW, "acme", alert(alert_key="k2"), asks_rules=False)
    told = simulate([named, unnamed], setup=made, threads={}, now=NOW).told
    assert [(each.target, each.inbound) for each in told] == [("duty", 1), ("ops", 2)]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"enabled": False}, "target_disabled"), ({"can_be_told": lambda _alert: False}, "unsupported_by_mode")],
)
def test_a_target_that_takes_nothing_is_told_nothing(changed, reason):
    assert course(setup(configuration(rule(1)), **changed), (0, {})) == [("ops", 1, reason)]


# ---- silences

SILENCE = SilenceSpec(id=7, name="deploy", when=(), starts_at=at(-5), ends_at=at(10))


def test_a_silence_is_summed_up_at_its_end_and_the_recovery_follows():
    made = setup(configuration(rule(1), silences=(SILENCE,)))
    given = [(0, {}), (1, {"level": "fatal"}), (12, RESOLVED)]
    assert course(made, *given) == [("ops", 1, "silenced"), ("ops", 2, "silenced"), ("ops", None, "warning"), ("ops", 3, "ok")]  # fmt: skip
    told = simulate(cases(*given), setup=made, threads={}, now=at(20)).told
    assert told[2].at == SILENCE.ends_at


def test_the_summary_is_as_loud_as_the_loudest_of_what_it_tells():
    made = setup(configuration(rule(1, severity={"triggered.fatal": Severity.CRITICAL}), silences=(SILENCE,)))
    assert course(made, (0, {"level": "fatal"}), (1, {}))[-1] == ("ops", None, "critical")


@pytest.mark.parametrize(
    ("given", "until"),
    [
        ([(0, {}), (1, RESOLVED)], 20),
        ([(0, {})], 5),
    ],
    ids=["resolved meanwhile", "not over yet"],
)
def test_nothing_is_summed_up(given, until):
    made = setup(configuration(rule(1), silences=(SILENCE,)))
    assert course(made, *given, until=until) == [("ops", 1, "silenced")]


def test_no_summary_where_none_is_wanted_or_none_can_be_told():
    silenced = configuration(rule(1), silences=(SILENCE,))
    for made in (setup(silenced, without_summary=frozenset({"deploy"})), setup(silenced, can_be_summed_up=False)):
        assert course(made, (0, {}), (12, RESOLVED)) == [("ops", 1, "silenced")]


def test_what_was_told_before_the_silence_recovers_in_it():
    made = setup(configuration(rule(1), silences=(SILENCE,)))
    assert course(made, (-6, {}), (0, {}), (1, RESOLVED)) == [("ops", 1, "warning"), ("ops", 2, "silenced"), ("ops", 3, "ok")]  # fmt: skip


def test_a_silence_catches_firing_alerts_that_match_whatever_its_range():
    silence = SilenceSpec(id=0, name="", when=(MatcherSpec("level", "is", "fatal"),), starts_at=at(5), ends_at=at(6))
    given = cases((0, {}), (1, {"level": "fatal"}), (2, {**RESOLVED, "level": "fatal"}))
    assert caught(silence, given, now=at(9)) == [2]


def test_a_weekly_silence_catches_what_came_in_its_window():
    window = WindowSpec(days=frozenset({2}), start=NOW.time(), end=(NOW + 5 * MINUTE).time(), timezone="UTC")
    assert caught(SilenceSpec(id=0, name="", when=(), weekly=window), cases((0, {}), (7, {})), now=at(9)) == [1]


def test_an_evil_pattern_is_suspended_to_the_end_whatever_time_passes_between_the_alerts():
    evil = MatcherSpec("title", "matches", "(a|aa)+$")
    silence = SilenceSpec(id=0, name="", when=(evil,))
    given = cases(*[(10 * number, {"title": "a" * 60 + "!"}) for number in range(2000)])
    started = datetime.now()  # noqa: DTZ005 - a duration
    assert caught(silence, given, now=NOW) == []
    assert datetime.now() - started < timedelta(seconds=2)  # noqa: DTZ005


# ---- differing


def test_each_message_is_gained_lost_or_kept_with_the_reason_of_the_other_side():
    before = Course([Told("a", 1, NOW, "warning"), Told("a", 2, NOW, "warning", "repeated"), Told("a", 3, NOW, "warning"), Told("b", 4, NOW, "info")], frozenset())  # fmt: skip
    after = Course([Told("a", 1, NOW, "critical"), Told("a", 2, NOW, "warning"), Told("a", 3, NOW, "warning", "silenced"), Told("a", None, NOW, "info")], frozenset())  # fmt: skip
    found = compare(before, after)
    assert [(moved.told.inbound, moved.held_back) for moved in found["a"].gained] == [(2, "repeated")]
    assert [(moved.told.inbound, moved.held_back) for moved in found["a"].lost] == [(3, "silenced")]
    assert [(kept.before.severity, kept.after.severity) for kept in found["a"].severity_changes] == [("warning", "critical")]  # fmt: skip
    assert [(moved.told.inbound, moved.held_back) for moved in found["b"].lost] == [(4, None)]


@pytest.mark.parametrize(
    ("minutes", "limits", "expected"),
    [
        ([], Limits(), (0, 0.0, 0, 0, False)),
        ([0, 59, 61, 118, 240], Limits(), (5, 1.25, 3, 1, False)),
        ([0, 0.2, 0.9, 1.1], Limits(per_minute=3), (4, 1.0, 4, 3, False)),
        ([0, 0.2, 0.9, 0.95], Limits(per_minute=3), (4, 1.0, 4, 4, True)),
        ([*range(0, 60, 10)], Limits(per_second=0.001), (6, 1.5, 6, 1, True)),
    ],
)
def test_a_forecast_counts_the_busiest_hour_and_minute_against_the_limits(minutes, limits, expected):
    found = forecast([at(minute) for minute in minutes], since=NOW, until=at(240), limits=limits)
    assert (found.messages, found.per_hour_mean, found.per_hour_peak, found.per_minute_peak, found.is_over) == expected


@pytest.mark.parametrize(
    ("limits", "hourly"),
    [(Limits(), 0), (Limits(per_second=5, per_minute=100), 6000), (Limits(per_second=1), 3600)],
)
def test_the_hourly_limit_is_the_tighter_of_both(limits, hourly):
    assert forecast([], since=NOW, until=NOW, limits=limits).limit_per_hour == hourly


def test_less_than_an_hour_counts_as_one():
    assert forecast([NOW] * 3, since=NOW, until=at(5), limits=Limits()).per_hour_mean == 3
