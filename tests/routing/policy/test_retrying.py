from datetime import timedelta

import pytest

from routing.policy.retrying import LIFETIME, SCHEDULE, expires_at, next_attempt, wait_seconds
from tests.routing.policy.making import NOW

MINUTE, HOUR = 60, 3600
PLANNED = [1, 5, 15, 30, 1 * MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, HOUR, HOUR]


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(PLANNED, start=1)))
def test_waits_grow_from_a_second_to_an_hour(attempts, seconds):
    assert wait_seconds(attempts=attempts, jitter=0) == seconds


@pytest.mark.parametrize(("jitter", "factor"), [(-1, 0.8), (-0.5, 0.9), (0, 1), (1, 1.2)])
@pytest.mark.parametrize("attempts", [1, 5, 40])
def test_jitter_moves_a_wait_by_a_fifth_at_most(attempts, jitter, factor):
    planned = SCHEDULE[min(attempts, len(SCHEDULE)) - 1]
    assert wait_seconds(attempts=attempts, jitter=jitter) == pytest.approx(planned * factor)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, 30),
        (0, 30),
        (29, 30),
        (31, 31),
        (90.5, 90.5),
        (3600, 3600),
        (1e9, 3600),
        (float("inf"), 3600),
        (-5, 30),
        (float("-inf"), 30),
        (float("nan"), 30),
    ],
)
def test_retry_after_can_only_prolong_a_wait_and_no_further_than_an_hour(retry_after, seconds):
    assert wait_seconds(attempts=4, jitter=0, retry_after=retry_after) == seconds


def test_a_delivery_is_given_up_when_its_next_attempt_would_come_after_a_day():
    assert expires_at(NOW) == NOW + LIFETIME == NOW + timedelta(hours=24)
    late = NOW + timedelta(hours=23)
    assert next_attempt(attempts=30, created_at=NOW, now=late, jitter=0) is None
    assert next_attempt(attempts=30, created_at=NOW, now=late, jitter=-0.01) == late + timedelta(seconds=3592.8)
    assert next_attempt(attempts=1, created_at=NOW, now=NOW, jitter=0) == NOW + timedelta(seconds=1)


def test_every_delivery_gets_some_thirty_attempts_and_then_ends():
    now, attempts = NOW, 1
    while (due := next_attempt(attempts=attempts, created_at=NOW, now=now, jitter=0)) is not None:
        assert now < due < expires_at(NOW)
        now, attempts = due, attempts + 1
    assert attempts == 33
