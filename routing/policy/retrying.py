"""When a delivery is tried again, and when it is given up."""

from datetime import datetime, timedelta

SCHEDULE: tuple[int, ...] = (1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Seconds to wait after the first failed attempt, the second, and so on; the last one repeats."""

JITTER = 0.2
"""The share by which a wait is stretched or shortened, so that what failed together is not repeated together."""

LONGEST_RETRY_AFTER = 3600.0
"""Seconds of `Retry-After` that are honoured at most."""

LIFETIME = timedelta(hours=24)
"""How long after its own creation a delivery is still worth sending."""


def expires_at(created_at: datetime) -> datetime:
    """When a delivery that was not delivered by then ends as `expired`."""
    return created_at + LIFETIME


def wait_seconds(*, attempts: int, jitter: float, retry_after: float | None = None) -> float:
    """Seconds to wait after this many attempts (1 or more); `jitter` is in [-1, 1].

    `Retry-After` can only prolong the wait: its value, up to `LONGEST_RETRY_AFTER`, is the least there is.
    """
    planned = SCHEDULE[min(attempts, len(SCHEDULE)) - 1] * (1 + JITTER * jitter)
    return planned if retry_after is None else max(planned, min(retry_after, LONGEST_RETRY_AFTER))


def next_attempt(
    *, attempts: int, created_at: datetime, now: datetime, jitter: float, retry_after: float | None = None
) -> datetime | None:
    """When to try again after this many failed attempts; None when the delivery would be expired by then.

    `jitter` is in [-1, 1], `retry_after` in seconds.
    """
    due = now + timedelta(seconds=wait_seconds(attempts=attempts, jitter=jitter, retry_after=retry_after))
    return due if due < expires_at(created_at) else None
