"""How fast bulk work goes."""

import pytest

from integrations.contract import Limits
from routing.policy.pacing import at_once, seconds_for
from routing.policy.storms import CROWD, is_storm


@pytest.mark.parametrize(
    ("per_second", "per_minute", "expected"),
    [(5, 100, 5), (100, 1000, 10), (0, 0, 10), (1, 0, 3), (0, 10, 1), (0.1, 0, 1)],
)
def test_at_most_three_seconds_of_a_targets_time_wait_at_once(per_second, per_minute, expected):
    assert at_once(Limits(per_second=per_second, per_minute=per_minute)) == expected


@pytest.mark.parametrize("per_minute", [0, 1, 2, 5, 10, 20, 60, 100, 1000])
def test_what_waits_at_once_is_never_a_storm(per_minute):
    limits = Limits(per_second=5, per_minute=per_minute)
    assert at_once(limits) < CROWD
    assert not is_storm(at_once(limits), limits=limits, second_tat=0, minute_tat=0, now_us=10**15)


@pytest.mark.parametrize(
    ("count", "per_second", "per_minute", "expected"),
    [(100, 5, 100, 60), (300, 100, 1000, 30), (100, 0, 0, 10), (0, 5, 100, 0)],
)
def test_the_time_it_takes_follows_the_narrowest_limit(count, per_second, per_minute, expected):
    assert seconds_for(count, Limits(per_second=per_second, per_minute=per_minute)) == pytest.approx(expected)
