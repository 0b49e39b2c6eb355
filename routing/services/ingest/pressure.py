"""When calls are stored first and decided later: while answers take long."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from time import monotonic

SLOW_SECONDS = 0.4
"""When the oldest call under way has taken this long, the others are stored undecided: the answer comes first."""

_lock = Lock()
_begun: dict[int, float] = {}


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


def is_high() -> bool:
    """True when a call is better left to the worker: others take so long that deciding it now would be slow, too."""
    now = monotonic()
    with _lock:
        others = (began for thread, began in _begun.items() if thread != get_ident())
        return now - next(others, now) > SLOW_SECONDS
