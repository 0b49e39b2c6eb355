"""Name look-ups with a deadline: a system resolver cannot be interrupted, so it runs where it may be left behind."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from time import monotonic
from typing import TypeAlias

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""(name, port) -> addresses, best first; raises OSError when there are none."""


class LookupFailed(Exception):  # noqa: N818 - says what happened, as an outcome does
    """The name has no address, or none in time; carries no text, since a host may be part of a secret."""


class Lookups:
    """Look-ups in threads of their own, one per name and at most `at_once` in all.

    A resolver that hangs keeps its thread until it returns, and everyone who asks for that name meanwhile waits for
    the same answer. So a stuck name costs one thread, and when all are stuck a new name fails in time, too.
    """

    def __init__(self, resolver: Resolver, *, at_once: int = 16) -> None:
        self._resolver = resolver
        self._at_once = at_once
        self._changed = Condition()
        self._running: dict[tuple[str, int], Future[Sequence[str]]] = {}

    def find(self, host: str, port: int, *, within: float) -> Sequence[str]:
        """The addresses of a name, looked up afresh; raises LookupFailed after `within` seconds at the latest."""
        ends = monotonic() + within
        try:
            return self._join(host, port, ends).result(timeout=max(0.0, ends - monotonic()))
        except (OSError, UnicodeError, TimeoutError):
            raise LookupFailed from None

    def _join(self, host: str, port: int, ends: float) -> Future[Sequence[str]]:
        key = (host, port)
        with self._changed:
            while key not in self._running and len(self._running) >= self._at_once:
                if not self._changed.wait(timeout=ends - monotonic()):
                    raise LookupFailed
            if key not in self._running:
                # A daemon, so that a stuck look-up never delays the end of the process.
                future: Future[Sequence[str]] = Future()
                Thread(target=self._look_up, args=(key, future), name="lookup", daemon=True).start()
                self._running[key] = future
            return self._running[key]

    def _look_up(self, key: tuple[str, int], future: Future[Sequence[str]]) -> None:
        try:
            addresses = self._resolver(*key)
        except Exception as error:
            self._forget(key)
            future.set_exception(error)
        else:
            self._forget(key)
            future.set_result(addresses)

    def _forget(self, key: tuple[str, int]) -> None:
        # Before anybody gets the answer: whoever asks after that wants a fresh one.
        with self._changed:
            del self._running[key]
            self._changed.notify_all()
