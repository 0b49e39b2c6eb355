"""The breaker of a target: after steady failure it is probed with one delivery at a time, and nothing is dropped."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.contract import OutcomeKind

FAILURES = 10
"""Failures in a row that it takes to open."""

FAILING = timedelta(seconds=10)
"""How long the row of failures must have lasted to open."""

FIRST_PROBE, LAST_PROBE = 1, 30
"""Seconds to wait before the first probe and, after doubling, before the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """What is remembered of a target's failures; `probe_at` is None while the target is trusted."""

    consecutive_failures: int = 0
    failing_since: datetime | None = None
    probe_at: datetime | None = None
    """While probing: when the next delivery may try."""
    probe_seconds: int = 0

    @property
    def is_probing(self) -> bool:
        """True while the target gets one delivery at a time."""
        return self.probe_at is not None


CLOSED = Breaker()


def after_attempt(breaker: Breaker, *, kind: OutcomeKind, started_at: datetime, now: datetime) -> Breaker:
    """The breaker after an attempt. Any final answer, also a refusal, shows that the target works, and closes it.

    Attempts that were under way when a probe failed (or when the breaker opened) do not count as the next probe.
    """
    if kind is not OutcomeKind.RETRY:
        return CLOSED
    failures, since = breaker.consecutive_failures + 1, breaker.failing_since or started_at
    failed = replace(breaker, consecutive_failures=failures, failing_since=since)
    if breaker.probe_at is None:
        if failures < FAILURES or now - since < FAILING:
            return failed
        wait = FIRST_PROBE
    elif started_at < breaker.probe_at:
        return failed
    else:
        wait = min(breaker.probe_seconds * 2, LAST_PROBE)
    return replace(failed, probe_at=now + timedelta(seconds=wait), probe_seconds=wait)


def admitted(breaker: Breaker, *, wanted: int, in_flight: int, now: datetime) -> int:
    """How many of the wanted deliveries may be sent now, with this many already being sent to the target."""
    if breaker.probe_at is None:
        return wanted
    return min(wanted, 1) if in_flight == 0 and now >= breaker.probe_at else 0
