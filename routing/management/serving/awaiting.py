"""Signals as something to wait for, so that the supervisor is one loop and no handler does any work."""

import select
import signal
import socket
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType

WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Signals:
    """While entered, the watched signals only wake `wait`. Main thread only."""

    def __enter__(self) -> "Signals":
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._handlers = {number: signal.signal(number, lambda *_: None) for number in WATCHED}
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._reader.close()
        self._writer.close()

    def wait(self, timeout: float | None, readers: Iterable[int] = ()) -> tuple[set[int], set[int]]:
        """(signals that came, descriptors that can be read), as soon as there is one, or nothing after the timeout."""
        own = self._reader.fileno()
        ready, _, _ = select.select([own, *readers], [], [], timeout)
        numbers: set[int] = set()
        if own in ready:
            with suppress(BlockingIOError):
                numbers.update(self._reader.recv(4096))
        return numbers, {descriptor for descriptor in ready if descriptor != own}
