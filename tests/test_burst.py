"""The checker of a burst finds messages above the limit, wrong counts and what came late, and nothing where all was kept."""

from dataclasses import replace

import pytest

from bench.bots import Seen
from bench.chaos.burst import OTHER, SECOND, STORM, Burst, Digest, over_limit
from bench.chaos.checker import Delivery, Evidence, Inbound, Told
from bench.load import Call

OWN, FIRST, SECOND_ONE, OTHERS = 0, 1, 2, 3
CALLS = [Call(number, 10, 20, 202, number + 1) for number in range(4)]
INBOUNDS = [Inbound(number + 1, number, "routed", f"k{number}") for number in range(4)]
DELIVERIES = [
    Delivery(11, 1, STORM, 1, 1, "delivered", "", False),
    Delivery(12, 2, STORM, 2, 1, "delivered", "in_digest", False),
    Delivery(13, 3, STORM, 3, 1, "delivered", "in_digest", False),
    Delivery(14, 4, OTHER, 4, 1, "delivered", "", False),
    Delivery(15, 0, STORM, 0, 0, "delivered", "", False),
]
MESSAGES = [
    Seen(1 * SECOND, STORM, True, OWN, 0),
    Seen(2 * SECOND, OTHER, True, OTHERS, 0),
    Seen(3 * SECOND, STORM, True, -1, 2),
]
TOLD = [Told(STORM, True, 1), Told(OTHER, True, 4), Told(STORM, True, 0)]
GOOD = Burst(
    found=Evidence(calls=CALLS, seen=TOLD, inbounds=INBOUNDS, deliveries=DELIVERIES, kills=[]),
    messages=MESSAGES,
    digests=[Digest(15, 2, 2, 2)],
    others=[CALLS[OTHERS]],
)


def test_nothing_is_found_where_all_was_kept():
    assert GOOD.problems == []
    assert GOOD.quiet_after == pytest.approx(3)


@pytest.mark.parametrize(
    ("count", "apart", "is_over"),
    [(5, 0.0, False), (6, 0.2, False), (6, 0.19, True), (100, 0.25, False), (101, 0.6, False), (101, 0.59, True)],
)
def test_no_window_wherever_it_begins_may_hold_more_than_the_limit(count, apart, is_over):
    moments = [int(number * apart * SECOND) for number in range(count)]
    assert bool(list(over_limit(moments))) is is_over


@pytest.mark.parametrize(
    "digest", [Digest(15, 3, 2, 2), Digest(15, 2, 3, 2), Digest(15, 2, 2, 3)], ids=["said", "by project", "ended"]
)
def test_a_digest_that_miscounts_is_found(digest):
    assert any("digest 15 speaks of" in problem for problem in replace(GOOD, digests=[digest]).problems)


def test_an_alert_that_is_in_no_digest_and_was_not_told_alone_is_found():
    told_less = [MESSAGES[0], MESSAGES[1], MESSAGES[2]._replace(total=1)]
    burst = replace(GOOD, messages=told_less, digests=[Digest(15, 1, 1, 1)])
    assert burst.problems == ["3 alerts were for the bot, which was told of 1 in digests and 1 alone"]


def test_a_digest_that_the_bot_never_got_is_found():
    assert any("the log has [2]" in problem for problem in replace(GOOD, messages=MESSAGES[:2]).problems)


def test_an_alert_for_another_bot_that_came_late_or_never_is_found():
    late = [MESSAGES[0], MESSAGES[1]._replace(moment=11 * SECOND), MESSAGES[2]]
    assert replace(GOOD, messages=late).problems == ["an alert for the other bot took 11.0 s"]
    never = [MESSAGES[0], MESSAGES[2]]
    assert replace(GOOD, messages=never).problems == ["of 1 alerts for the other bot, 0 arrived"]
