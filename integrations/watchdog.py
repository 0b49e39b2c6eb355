"""Deadlines from outside: one thread shuts the socket of whoever is overdue, whatever that socket is doing.

Time limits of HTTP libraries start again with every byte, so a peer that sends one byte a second is never late to
them. A shut socket ends any wait at once: handshake, head or body.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from threading import Condition, Thread
from time import monotonic


class Attempt:
    """One exchange with its deadline; belongs to the thread that makes it."""

    __slots__ = ("_handle", "_lock", "deadline", "is_overdue")

    def __init__(self, deadline: float, lock: Condition) -> None:
        self.deadline = deadline
        """On the monotonic clock."""
        self.is_overdue = False
        self._lock = lock
        self._handle: int | None = None

    @property
    def left(self) -> float:
        """Seconds until the deadline; a little more than nothing when it has passed, since 0 means "no limit"."""
        return max(self.deadline - monotonic(), 0.001)

    @property
    def is_held(self) -> bool:
        """True when the watchdog can reach a socket of this attempt."""
        return self._handle is not None

    def hold(self, sock: socket.socket) -> None:
        """Let the watchdog reach this socket, also after it is wrapped or closed by its owner; raises TimeoutError."""
        with self._lock:
            if self.is_overdue:
                raise TimeoutError
            self._release()
            # A descriptor of our own: it stays valid through a TLS wrap, and its number cannot be used again under us.
            self._handle = os.dup(sock.fileno())

    def _cut(self) -> None:
        self.is_overdue = True
        if self._handle is not None:
            borrowed = socket.socket(fileno=self._handle)
            with suppress(OSError):  # not connected yet: the connect has a limit of its own
                borrowed.shutdown(socket.SHUT_RDWR)
            borrowed.detach()

    def _release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class Watchdog:
    """Watches all attempts of a process with one thread, which starts with the first of them."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._running: set[Attempt] = set()
        self._next_look = inf
        self._thread: Thread | None = None

    @contextmanager
    def watch(self, seconds: float) -> Iterator[Attempt]:
        """An attempt that is cut off after `seconds`; look at `is_overdue` after the block to learn whether it was."""
        attempt = Attempt(monotonic() + seconds, self._changed)
        with self._changed:
            self._running.add(attempt)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif attempt.deadline < self._next_look:
                self._changed.notify()
        try:
            yield attempt
        finally:
            with self._changed:
                self._running.discard(attempt)
                attempt._release()

    def close(self) -> None:
        """End the thread; attempts under way lose their deadline."""
        with self._changed:
            self._running.clear()
            thread, self._thread = self._thread, None
            self._changed.notify()
        if thread:
            thread.join()

    def _run(self) -> None:
        with self._changed:
            while self._thread is not None:
                now = monotonic()
                for attempt in [attempt for attempt in self._running if attempt.deadline <= now]:
                    attempt._cut()
                    self._running.discard(attempt)
                self._next_look = min((attempt.deadline for attempt in self._running), default=inf)
                self._changed.wait(None if self._next_look == inf else self._next_look - now)
