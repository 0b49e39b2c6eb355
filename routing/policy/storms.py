"""When waiting firings are folded into one digest, and how far apart digests are."""

from datetime import datetime, timedelta

from integrations.contract import Limits
from routing.policy.limiting import MINUTE_US, SECOND_US, bucket

CROWD = 20
"""More than this many waiting firings are folded."""

LONGEST_WAIT_SECONDS = 30.0
"""So are those of which the last one would wait longer than this for its slot."""

PAUSES = (0, 5, 10, 20, 30)
"""Seconds from the end of a digest to the next one, by how many there were lately; the last one repeats."""

LATELY = timedelta(minutes=10)
"""How long a digest counts for the pause before the next one."""

ALONE_AFTER_REFUSAL = timedelta(hours=1)
"""How long nothing is folded for a target that refused a digest for what it said."""


def is_storm(waiting: int, *, limits: Limits, second_tat: int, minute_tat: int, now_us: int) -> bool:
    """True when this many firings are too many to be sent one by one within the limits. Times in microseconds."""
    if waiting > CROWD:
        return True
    wait_us = max(
        _last_slot_us(limits.per_second, SECOND_US, second_tat, now_us, waiting),
        _last_slot_us(limits.per_minute, MINUTE_US, minute_tat, now_us, waiting),
    )
    return waiting > 1 and wait_us > LONGEST_WAIT_SECONDS * SECOND_US


def next_digest_at(*, lately: int, last_finished_at: datetime | None, now: datetime) -> datetime:
    """When the next digest may go, after `lately` digests of which the last ended at `last_finished_at`."""
    if last_finished_at is None:
        return now
    return max(now, last_finished_at + timedelta(seconds=PAUSES[min(lately, len(PAUSES) - 1)]))


def _last_slot_us(limit: float, window_us: int, tat: int, now_us: int, waiting: int) -> int:
    """Microseconds until the last of those waiting gets its slot under one limit."""
    taken = bucket(limit, window_us)
    first = taken.next_free_us(taken.clamp(now_us, tat)) - now_us
    return first + (waiting - 1) * taken.interval_us
