from datetime import timedelta

import pytest

from routing.policy.patterns import (
    FOUND,
    NOT_FOUND,
    STREAK,
    SUSPENDED,
    SUSPENSION,
    TIMED_OUT,
    PatternError,
    PatternGuard,
    compile_pattern,
    written_out,
)
from routing.policy.specs import AnyOf, MatcherSpec, SilenceSpec
from routing.policy.trace import to_json
from tests.routing.policy.making import NOW, alert, configuration, decided, rule, told

EVIL = compile_pattern("(a|aa)+$")
STALLS = ("a" * 60 + "!",)
LATER = NOW + SUSPENSION


def stalled(guard, times=STREAK, now=NOW):
    for _ in range(times):
        assert guard.search(EVIL, STALLS, now) == TIMED_OUT
    return guard


def test_a_search_says_whether_the_pattern_stands_anywhere_in_any_value():
    guard = PatternGuard()
    assert guard.search(compile_pattern("b"), ("a", "abc"), NOW) == FOUND
    assert guard.search(compile_pattern("x"), ("a", "abc"), NOW) == NOT_FOUND


def test_three_time_outs_in_a_row_suspend_the_pattern_for_five_minutes():
    guard = stalled(PatternGuard())
    assert guard.search(EVIL, ("a",), NOW) == SUSPENDED
    assert guard.search(EVIL, ("a",), LATER - timedelta(seconds=1)) == SUSPENDED
    assert guard.suspended(NOW) == {EVIL.pattern: LATER}
    assert guard.search(EVIL, ("a",), LATER) == FOUND
    assert guard.suspended(LATER) == {}


def test_an_answer_in_between_begins_the_count_again():
    guard = stalled(PatternGuard(), times=STREAK - 1)
    assert guard.search(EVIL, ("a",), NOW) == FOUND
    stalled(guard, times=STREAK - 1)
    assert guard.suspended(NOW) == {}


def test_a_pattern_that_stalls_right_after_its_suspension_is_suspended_again():
    guard = stalled(PatternGuard())
    stalled(guard, times=1, now=LATER)
    assert guard.suspended(LATER) == {EVIL.pattern: LATER + SUSPENSION}


def test_a_clock_set_back_does_not_prolong_a_suspension():
    guard = stalled(PatternGuard())
    assert guard.search(EVIL, ("a",), NOW - timedelta(hours=1)) == FOUND


def test_other_patterns_are_not_suspended():
    guard = stalled(PatternGuard())
    assert guard.search(compile_pattern("(a|aa)+"), STALLS, NOW) == FOUND


class Waiting:
    """A pattern whose search has no chance until the interpreter is held for it."""

    pattern = "needs next to nothing"

    def search(self, value, *, timeout, concurrent):
        if concurrent:
            raise TimeoutError
        return value


def test_a_pattern_that_only_waited_for_other_threads_is_not_taken_for_one_that_stalls():
    assert PatternGuard().search(Waiting(), ("a",), NOW) == FOUND


def test_a_broken_pattern_says_what_is_wrong():
    with pytest.raises(PatternError, match="missing"):
        compile_pattern("(a")


STUCK = alert(title=STALLS[0])


@pytest.mark.parametrize("operator", ["matches", "not_matches"])
def test_a_pattern_without_an_answer_routes_nobody_and_the_trace_says_why(operator):
    made = configuration(
        rule(1, MatcherSpec("title", operator, EVIL.pattern), targets=(2,)),
        rule(2, MatcherSpec("title", "starts_with", "aaa"), targets=(3,)),
    )
    guard = PatternGuard()
    reasons = []
    for _ in range(STREAK + 1):
        decision = decided(made, STUCK, guard=guard)
        assert told(decision) == {3: "warning"}
        [condition] = to_json(decision.trace)["rules"][0]["when"]
        assert condition["holds"] is False
        reasons.append(condition["reason"])
    assert reasons == ["regex_timeout"] * STREAK + ["regex_suspended"]
    assert list(guard.suspended(NOW)) == [EVIL.pattern]


def test_a_pattern_without_an_answer_leaves_the_other_alternatives_of_its_group():
    group = AnyOf((MatcherSpec("title", "matches", EVIL.pattern), MatcherSpec("level", "is", "error")))
    decision = decided(configuration(rule(1, group, targets=(2,))), STUCK)
    assert told(decision) == {2: "warning"}


def test_a_pattern_without_an_answer_silences_nothing():
    silence = SilenceSpec(
        id=9,
        name="quiet",
        when=(MatcherSpec("title", "not_matches", EVIL.pattern),),
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
    )
    [verdict] = decided(configuration(silences=(silence,)), STUCK).verdicts
    assert verdict.silence is None


def test_the_same_pattern_on_the_same_field_is_tried_once_an_alert():
    made = configuration(*[rule(number, MatcherSpec("title", "matches", EVIL.pattern)) for number in range(5)])
    guard = PatternGuard()
    to_json(decided(made, STUCK, guard=guard).trace)
    assert guard.suspended(NOW) == {}


def test_an_absent_field_neither_runs_a_pattern_nor_clears_its_record():
    guard = stalled(PatternGuard(), times=STREAK - 1)
    made = configuration(rule(1, MatcherSpec("culprit", "not_matches", EVIL.pattern), targets=(2,)))
    assert told(decided(made, alert(), guard=guard)) == {2: "warning"}
    stalled(guard, times=1)
    assert guard.suspended(NOW)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a{5000}", 5000),
        ("(?:ab{2}){3}", 15),
        ("a{,4}", 4),
        ("a{3,}", 3),
        (r"\({3}", 3),
        ("[)({9}]{2}", 2),
        ("))((", 2),
        ("x{e<=1}", 7),
        ("((a{100}){100}){100}", 1_000_000),
    ],
)
def test_counted_repeats_are_counted_as_written_out(text: str, items: int):
    assert written_out(text) == items


def test_repeats_that_multiply_are_refused_before_they_are_compiled():
    with pytest.raises(PatternError, match="multiply to 1000000 items"):
        compile_pattern("((a{100}){100}){100}")
