"""When calls are stored first and decided later: while answers take long, and while their source has a backlog."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from time import monotonic

SLOW_SECONDS = 0.4
"""When the oldest call under way has taken this long, the others are stored undecided: the answer comes first."""

BEHIND_SECONDS = 1.0
"""How long deciding is left out for a source that was found to have a backlog, before it is looked at again."""

_lock = Lock()
_begun: dict[int, float] = {}
_behind: dict[int, float] = {}


@contextmanager
def entered() -> Iterator[None]:
    """Count the block as a call under way in this thread."""
    with _lock:
        _begun[get_ident()] = monotonic()
    try:
        yield
    finally:
        with _lock:
            _begun.pop(get_ident(), None)


def decides_later(source_id: int) -> bool:
    """True when a call of this source is better left to the worker: deciding it now would be slow, or in vain."""
    now = monotonic()
    with _lock:
        others = (began for thread, began in _begun.items() if thread != get_ident())
        is_slow = now - next(others, now) > SLOW_SECONDS
        return is_slow or now - _behind.get(source_id, -BEHIND_SECONDS) < BEHIND_SECONDS


def note_behind(source_id: int) -> None:
    """Note that older calls of this source are waiting to be decided."""
    with _lock:
        _behind[source_id] = monotonic()


def forget() -> None:
    """Forget about backlogs; for tests."""
    with _lock:
        _behind.clear()
