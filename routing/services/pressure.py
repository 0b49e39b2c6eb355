"""When calls are stored first and decided later: while too much is under way, and while their source has a backlog."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

MAX_AT_ONCE = 64
MAX_SECONDS = 0.25
"""Past either, calls are stored undecided: the answer comes first, and the worker decides in order."""

BEHIND_SECONDS = 1.0
"""How long deciding is left out for a source that was found to have a backlog, before it is looked at again."""

_lock = Lock()
_begun: dict[object, float] = {}
_behind: dict[int, float] = {}


@contextmanager
def entered() -> Iterator[None]:
    """Count the block as under way."""
    token = object()
    with _lock:
        _begun[token] = monotonic()
    try:
        yield
    finally:
        with _lock:
            del _begun[token]


def decides_later(source_id: int) -> bool:
    """True when a call of this source is better left to the worker: deciding it now would be slow, or in vain."""
    now = monotonic()
    with _lock:
        oldest = next(iter(_begun.values()), now)
        return (
            len(_begun) > MAX_AT_ONCE
            or now - oldest > MAX_SECONDS
            or now - _behind.get(source_id, -BEHIND_SECONDS) < BEHIND_SECONDS
        )


def note_behind(source_id: int) -> None:
    """Note that older calls of this source are waiting to be decided."""
    with _lock:
        _behind[source_id] = monotonic()


def forget() -> None:
    """Forget about backlogs; for tests."""
    with _lock:
        _behind.clear()
