"""Turns at computing: of many calls under way a few compute at a time, and the others sleep until they may.

Python runs one thread at a time. Threads that all want to run keep waking each other to ask for it, which took a
third of the time of a webhook when many called at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore, local

AT_ONCE = 2
"""Two, as compressing and signing do without the interpreter."""

PATIENCE_SECONDS = 0.05
"""Who gets no turn in this time goes on without: a turn is a courtesy, and its holder may be waiting for a database."""

_turns = Semaphore(AT_ONCE)
_mine = local()


@contextmanager
def taken() -> Iterator[None]:
    """Hold a turn during the block, if one can be had soon."""
    _take()
    try:
        yield
    finally:
        _give_back()


@contextmanager
def lent() -> Iterator[None]:
    """Let others have this thread's turn during the block, which waits for something."""
    had = _give_back()
    try:
        yield
    finally:
        if had:
            _take()


def _take() -> None:
    _mine.has = _turns.acquire(timeout=PATIENCE_SECONDS)


def _give_back() -> bool:
    had = getattr(_mine, "has", False)
    if had:
        _mine.has = False
        _turns.release()
    return had
