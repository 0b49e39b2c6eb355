from datetime import timedelta

import pytest

from integrations.contract import OutcomeKind
from routing.policy.breaking import CLOSED, Breaker, admitted, after_attempt
from tests.routing.policy.making import NOW

RETRY = OutcomeKind.RETRY


def seconds(number):
    return NOW + timedelta(seconds=number)


def failed(breaker, *at, started=None):
    for moment in at:
        begun = seconds(moment) if started is None else seconds(started)
        breaker = after_attempt(breaker, kind=RETRY, started_at=begun, now=seconds(moment))
    return breaker


def test_ten_failures_in_a_row_over_ten_seconds_begin_the_probing():
    nine = failed(CLOSED, *range(0, 18, 2))
    assert not nine.is_probing
    ten = failed(nine, 18)
    assert ten.is_probing
    assert ten.probe_at == seconds(19)


def test_failures_within_ten_seconds_do_not():
    many = failed(CLOSED, *[number / 2 for number in range(20)])
    assert many.consecutive_failures == 20
    assert not many.is_probing
    assert failed(many, 10).is_probing


def test_attempts_that_hung_for_ten_seconds_count_from_their_start():
    assert failed(CLOSED, *[10] * 10, started=0).is_probing


@pytest.mark.parametrize("kind", [OutcomeKind.SENT, OutcomeKind.REJECTED, OutcomeKind.SIMPLIFY])
def test_any_final_answer_shows_that_the_target_works(kind):
    for before in (failed(CLOSED, *range(9)), failed(CLOSED, *range(20))):
        assert after_attempt(before, kind=kind, started_at=seconds(30), now=seconds(30)) == CLOSED


def test_refusals_alone_never_begin_the_probing():
    breaker = CLOSED
    for moment in range(100):
        at = seconds(moment)
        breaker = after_attempt(breaker, kind=OutcomeKind.REJECTED, started_at=at, now=at)
    assert breaker == CLOSED


def test_probes_go_from_one_second_apart_to_thirty():
    breaker = failed(CLOSED, *range(0, 20, 2))
    waits = []
    for _ in range(8):
        waits.append(breaker.probe_seconds)
        breaker = after_attempt(breaker, kind=RETRY, started_at=breaker.probe_at, now=breaker.probe_at)
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]


def test_attempts_under_way_when_the_probing_began_are_no_probes():
    breaker = failed(CLOSED, *range(0, 20, 2))
    later = failed(breaker, 25, 26, 27, started=17)
    assert (later.probe_at, later.probe_seconds) == (breaker.probe_at, 1)
    assert later.consecutive_failures == breaker.consecutive_failures + 3


@pytest.mark.parametrize(
    ("breaker", "in_flight", "at", "expected"),
    [
        (CLOSED, 50, 0, 7),
        (Breaker(consecutive_failures=9, failing_since=NOW), 50, 0, 7),
        (Breaker(probe_at=seconds(5), probe_seconds=1), 0, 4.9, 0),
        (Breaker(probe_at=seconds(5), probe_seconds=1), 0, 5, 1),
        (Breaker(probe_at=seconds(5), probe_seconds=1), 1, 5, 0),
    ],
)
def test_while_probing_one_delivery_at_a_time_is_admitted(breaker, in_flight, at, expected):
    assert admitted(breaker, wanted=7, in_flight=in_flight, now=seconds(at)) == expected


def test_nothing_wanted_is_nothing_admitted():
    assert admitted(Breaker(probe_at=NOW, probe_seconds=1), wanted=0, in_flight=0, now=NOW) == 0
