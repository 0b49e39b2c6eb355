"""Bounded waiting for what other threads and processes do."""

from collections.abc import Callable
from time import monotonic, sleep


def eventually(condition: Callable[[], object], seconds: float = 20, why: str = "it never happened") -> None:
    """Look again and again until the condition holds; fails after `seconds`."""
    ends = monotonic() + seconds
    while not condition():
        assert monotonic() < ends, why
        sleep(0.01)
