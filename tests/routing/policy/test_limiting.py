import bisect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.contract import Limits
from routing.policy.limiting import ARRIVAL_SPREAD_US, MINUTE_US, SECOND_US, bucket, slots

FEISHU, FLASHDUTY = Limits(per_second=5, per_minute=100), Limits(per_second=100, per_minute=1000)
EPOCH = 1_771_000_000_000_000


def sent_while_hungry(limits, duration_us, *, wanted=64, start=EPOCH):
    """When each message goes if there is always more to send than allowed."""
    now, second, minute, sent = start, 0, 0, []
    while now < start + duration_us:
        grant = slots(now_us=now, second_tat=second, minute_tat=minute, limits=limits, wanted=wanted)
        sent += [now] * grant.granted
        second, minute = grant.second_tat, grant.minute_tat
        assert grant.next_free_us > now or grant.granted == wanted
        now = grant.next_free_us
    return sent


def most_in_any(window_us, sent):
    return max(index + 1 - bisect.bisect_left(sent, at - window_us + 1) for index, at in enumerate(sent))


@pytest.mark.parametrize("limits", [FEISHU, FLASHDUTY, Limits(per_second=1, per_minute=20), Limits(per_second=3)])
def test_no_window_wherever_it_begins_holds_more_than_the_limit_and_little_is_given_away(limits):
    sent = sent_while_hungry(limits, 10 * MINUTE_US)
    # Messages may arrive a little closer together than they were sent: the windows looked at are that much longer.
    assert most_in_any(SECOND_US + ARRIVAL_SPREAD_US, sent) <= limits.per_second
    a_minute = limits.per_minute or limits.per_second * 60
    assert most_in_any(MINUTE_US + ARRIVAL_SPREAD_US, sent) <= a_minute
    assert len(sent) >= 10 * a_minute * 0.88


@settings(max_examples=60, deadline=None)
@given(
    pauses=st.lists(st.integers(0, 3 * SECOND_US), min_size=20, max_size=80),
    wanted=st.lists(st.integers(0, 30), min_size=80, max_size=80),
    limits=st.builds(
        Limits, per_second=st.sampled_from((0.5, 1, 5, 5.5, 100)), per_minute=st.sampled_from((0, 7, 100))
    ),
)
def test_the_limits_hold_however_the_messages_come(pauses, wanted, limits):
    now, second, minute, sent = EPOCH, 0, 0, []
    for pause, want in zip(pauses, wanted, strict=False):
        now += pause
        grant = slots(now_us=now, second_tat=second, minute_tat=minute, limits=limits, wanted=want)
        assert 0 <= grant.granted <= want
        sent += [now] * grant.granted
        second, minute = grant.second_tat, grant.minute_tat
    if sent:
        assert most_in_any(SECOND_US, sent) <= max(1, limits.per_second)
        assert not limits.per_minute or most_in_any(MINUTE_US, sent) <= limits.per_minute
        assert limits.per_second >= 1 or most_in_any(2 * SECOND_US, sent) <= 1


def test_the_next_free_moment_is_the_first_at_which_a_slot_is_granted():
    grant = slots(now_us=EPOCH, second_tat=0, minute_tat=0, limits=FEISHU, wanted=9)
    assert grant.granted == 1
    for moment, granted in ((grant.next_free_us - 1, 0), (grant.next_free_us, 1)):
        later = slots(now_us=moment, second_tat=grant.second_tat, minute_tat=grant.minute_tat, limits=FEISHU, wanted=9)
        assert later.granted == granted


def test_a_part_of_a_large_limit_may_be_used_at_once():
    grant = slots(now_us=EPOCH, second_tat=0, minute_tat=0, limits=FLASHDUTY, wanted=64)
    assert grant.granted == 10


def test_without_limits_everything_is_granted_at_once():
    grant = slots(now_us=EPOCH, second_tat=EPOCH * 2, minute_tat=5, limits=Limits(), wanted=1000)
    assert (grant.granted, grant.next_free_us) == (1000, EPOCH)


def test_wanting_nothing_takes_nothing():
    grant = slots(now_us=EPOCH, second_tat=EPOCH, minute_tat=EPOCH, limits=FEISHU, wanted=0)
    assert grant == (0, EPOCH, EPOCH, EPOCH)


def test_asking_too_early_leaves_the_state_as_it_was():
    first = slots(now_us=EPOCH, second_tat=0, minute_tat=0, limits=FEISHU, wanted=1)
    again = slots(
        now_us=EPOCH + 1000, second_tat=first.second_tat, minute_tat=first.minute_tat, limits=FEISHU, wanted=1
    )
    assert again == (0, first.second_tat, first.minute_tat, first.next_free_us)


def test_a_clock_set_back_by_a_day_costs_no_more_than_a_full_bucket():
    day = 24 * 60 * MINUTE_US
    full = slots(now_us=EPOCH, second_tat=0, minute_tat=0, limits=FEISHU, wanted=1)
    back = slots(now_us=EPOCH - day, second_tat=full.second_tat, minute_tat=full.minute_tat, limits=FEISHU, wanted=1)
    assert back.granted == 0
    assert back.next_free_us - (EPOCH - day) <= SECOND_US
    assert slots(
        now_us=back.next_free_us, second_tat=back.second_tat, minute_tat=back.minute_tat, limits=FEISHU, wanted=1
    ).granted


@pytest.mark.parametrize(
    ("limit", "burst", "interval_us"),
    [
        (0, 1, 0),
        (-1, 1, 0),
        (5, 1, 210_000),
        (100, 10, 11_539),
        (0.5, 1, 2_100_000),
        (5.9, 1, 210_000),
        (1, 1, 1_050_000),
    ],
)
def test_a_bucket_spreads_what_may_not_go_at_once(limit, burst, interval_us):
    made = bucket(limit, SECOND_US)
    assert (made.burst, made.interval_us) == (burst, interval_us)
