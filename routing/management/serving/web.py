"""The web process: serves until told to stop, then finishes what it has begun."""

import resource
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from time import time
from typing import Any

from routing.management.serving.parenthood import is_orphan
from routing.management.serving.server import Server, open_server

MAX_CONNECTIONS = 4000
DESCRIPTORS_PER_CONNECTION = 2
"""The socket, and the temporary file of a large body."""
SPARE_DESCRIPTORS = 200
DRAIN_SECONDS = 10
SWITCH_SECONDS = 0.0005
"""How long a thread that is back from the disk or a socket waits for one that computes. A commit of the writer comes
back many times, and with Python's 5 ms it spent most of its time waiting while many called."""

SILENCE_SECONDS = 1
"""While stopping, a connection without a byte for this long is closed."""


class Web:
    """One serving process."""

    def __init__(self, application: Callable[..., Any], listening: socket.socket, *, max_body_bytes: int) -> None:
        self._server: Server = open_server(
            application, listening, max_body_bytes=max_body_bytes, max_connections=raise_connection_limit()
        )
        self._connections = self._server._map
        self._is_stopping = False
        self._ending = RLock()  # a signal may come while its own thread holds it
        self._is_closed = False

    def run(self) -> None:
        """Serve until `stop`, then until every request that has begun is answered, at most DRAIN_SECONDS."""
        sys.setswitchinterval(SWITCH_SECONDS)
        while not (self._is_stopping or is_orphan()):
            self._connections.turn(1)
        self._server.stop_accepting()
        until = time() + DRAIN_SECONDS
        while self._server.close_silent(since=time() - SILENCE_SECONDS) and time() < until:
            self._connections.turn(0.05)
        self._server.task_dispatcher.shutdown(timeout=1)
        with self._ending:
            self._is_closed = True
            self._connections.close()

    def stop(self) -> None:
        """End soon; may be called from a signal handler or another thread."""
        self._is_stopping = True
        with self._ending:  # the loop may see the flag and end before it is woken: its descriptor is gone then
            if not self._is_closed:
                self._server.pull_trigger()

    def stop_on_signals(self) -> None:
        """Stop on SIGTERM and SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stop())


def raise_connection_limit() -> int:
    """Take as many file descriptors as this process may have; returns how many connections they are good for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_PER_CONNECTION * MAX_CONNECTIONS + SPARE_DESCRIPTORS
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < allowed:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
            soft = allowed
    return max(100, min(MAX_CONNECTIONS, (soft - SPARE_DESCRIPTORS) // DESCRIPTORS_PER_CONNECTION))
