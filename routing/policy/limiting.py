"""How much a target takes: GCRA on two buckets, one a second and one a minute, in whole microseconds.

A bucket's whole state is one number, the theoretical arrival time (TAT) of its next message, so that it can be
kept in a column and moved by one conditional UPDATE.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from integrations.contract import Limits

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US

ARRIVAL_SPREAD_US = 50_000
"""How much closer together messages may arrive than they were sent; counted into every window."""

BURST_SHARE = 0.1
"""The part of a limit that may be used at once; the rest is spread evenly over the window."""


class Grant(NamedTuple):
    """How many slots were granted, the buckets' new state, and when the next slot is free (`now` if one is left)."""

    granted: int
    second_tat: int
    minute_tat: int
    next_free_us: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit as GCRA sees it: the microseconds between messages (0 is no limit), and how many may go at once."""

    interval_us: int = 0
    burst: int = 1

    def clamp(self, now_us: int, tat: int) -> int:
        """The TAT as it can be at this moment: never behind it, and after a clock set back no more than a full bucket."""
        return min(max(tat, now_us), now_us + self.burst * self.interval_us)

    def free(self, now_us: int, tat: int, wanted: int) -> int:
        """How many of the wanted messages may go now, for a clamped TAT."""
        return min(wanted, self.burst - -((now_us - tat) // self.interval_us)) if self.interval_us else wanted

    def next_free_us(self, tat: int) -> int:
        """From when on one more message may go."""
        return tat - (self.burst - 1) * self.interval_us


def bucket(limit: float, window_us: int) -> Bucket:
    """The bucket that lets no window of this length, wherever it begins, hold more than `limit` messages; 0 is no limit."""
    if limit <= 0:
        return Bucket()
    whole = math.floor(limit) if limit >= 1 else limit
    burst = max(1, int(whole * BURST_SHARE))
    return Bucket(interval_us=math.ceil((window_us + ARRIVAL_SPREAD_US) / (whole - burst + 1)), burst=burst)


def slots(*, now_us: int, second_tat: int, minute_tat: int, limits: Limits, wanted: int) -> Grant:
    """Grant up to `wanted` slots that both limits allow now; all times are microseconds since the epoch.

    The caller writes the new TATs only if the old ones are still there, and asks again otherwise.
    """
    second, minute = bucket(limits.per_second, SECOND_US), bucket(limits.per_minute, MINUTE_US)
    second_tat, minute_tat = second.clamp(now_us, second_tat), minute.clamp(now_us, minute_tat)
    granted = max(0, minute.free(now_us, minute_tat, second.free(now_us, second_tat, wanted)))
    second_tat += granted * second.interval_us
    minute_tat += granted * minute.interval_us
    next_free = max(now_us, second.next_free_us(second_tat), minute.next_free_us(minute_tat))
    return Grant(granted, second_tat, minute_tat, next_free)
