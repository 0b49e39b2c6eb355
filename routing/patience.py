"""How long this thread waits for its database: a server that is frozen, or lost behind a network, never says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from threading import local
from time import monotonic


class _Patience(local):
    until = inf
    each = inf


_patience = _Patience()


@contextmanager
def patience(*, until: float = inf, each: float = inf) -> Iterator[None]:
    """Within the block, every wait of this thread for Postgres ends at `until`, a time of the monotonic clock, and after
    `each` seconds; it then raises OperationalError. An outer limit that is stricter stays in force."""
    before = _patience.until, _patience.each
    _patience.until, _patience.each = min(before[0], until), min(before[1], each)
    try:
        yield
    finally:
        _patience.until, _patience.each = before


def seconds_left() -> float | None:
    """How long this thread may wait from now on; None for as long as it takes."""
    left = min(_patience.until - monotonic(), _patience.each)
    return None if left == inf else max(left, 0.0)
