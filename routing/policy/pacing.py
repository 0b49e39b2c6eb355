"""How fast what is resent in bulk may go, so that live alerts never wait long behind it and nothing is folded."""

from integrations.contract import Limits

AHEAD_SECONDS = 3.0
"""At most so much of a target's time waits for it at once."""

MOST_AT_ONCE = 10
"""Well below the crowd that is folded into a digest."""

STEPS_A_SECOND = 1
"""How often a job looks for room, at least."""


def at_once(limits: Limits) -> int:
    """How many resent messages may wait for a target with these limits at the same time; one at least."""
    rates = [rate for rate in (limits.per_second, limits.per_minute / 60) if rate > 0]
    return max(1, min([MOST_AT_ONCE, *[int(rate * AHEAD_SECONDS) for rate in rates]]))


def seconds_for(count: int, limits: Limits) -> float:
    """How long so many messages take in bulk under these limits, while nothing else is sent there."""
    rates = [rate for rate in (limits.per_second, limits.per_minute / 60) if rate > 0]
    return count / min([MOST_AT_ONCE * STEPS_A_SECOND, *rates])
