"""Waitress with our manners: slow clients are timed and tidied away, and the end of a process refuses no call."""

import logging
import socket
from collections.abc import Callable
from time import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

from routing.management.serving.loop import Connections
from routing.management.serving.sockets import BACKLOG

THREADS = 16
IDLE_SECONDS = 30
"""How long a silent connection may stay."""
REQUEST_SECONDS = 60
"""How long a client may take over one request, however often it sends a byte."""
TIDY_SECONDS = 5
MAX_HEADER_BYTES = 65_536
BODY_IN_MEMORY = 131_072
"""Larger bodies wait in a temporary file, so that slow clients cannot fill the memory."""


class Task(WSGITask):  # type: ignore[misc] # waitress has no types
    """Tells the client to come again on a new connection while this process is on its way out."""

    def build_response_header(self) -> bytes:
        """The head of the answer."""
        if not self.channel.server.accepting:
            self.set_close_on_finish()
        return bytes(super().build_response_header())


class Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """One connection, which knows when its unfinished request began."""

    task_class = Task
    request_began = 0.0

    def received(self, data: bytes) -> bool:
        """Take bytes in."""
        if self.request is None:
            self.request_began = time()
        return bool(super().received(data))

    def is_busy(self) -> bool:
        """True while a thread works for it, or an answer waits to be sent."""
        return bool(self.requests or self.total_outbufs_len)

    def is_overdue(self, now: float) -> bool:
        """True when it has been silent or slow for too long."""
        is_slow = self.request is not None and now - self.request_began > REQUEST_SECONDS
        return not self.requests and (is_slow or now - self.last_activity > IDLE_SECONDS)


class Server(TcpWSGIServer):  # type: ignore[misc] # waitress has no types
    """The accepting socket. At its limit it lets go of the quietest connections instead of refusing new ones."""

    channel_class = Channel
    next_channel_cleanup = 0.0

    def readable(self) -> bool:
        """True while new connections are taken. Asked in every turn, so what is overdue is tidied away here, too."""
        now = time()
        if now >= self.next_channel_cleanup:
            self.next_channel_cleanup = now + self.adj.cleanup_interval
            self._close([channel for channel in self.active_channels.values() if channel.is_overdue(now)])
        if len(self._map) >= self.adj.connection_limit:
            quiet = [channel for channel in self.active_channels.values() if not channel.is_busy()]
            quiet.sort(key=lambda channel: channel.last_activity)
            self._close(quiet[: 1 + len(quiet) // 10])
            return False
        return bool(self.accepting)

    def stop_accepting(self) -> None:
        """Leave new connections to the next process; answers from now on close their connection."""
        self.accepting = False
        self.del_channel()
        self.socket.close()

    def close_silent(self, *, since: float) -> int:
        """Close what nobody works for and has been silent since then; returns how many connections are left."""
        channels = self.active_channels.values()
        self._close([channel for channel in channels if not channel.is_busy() and channel.last_activity < since])
        return len(self.active_channels)

    def _close(self, channels: list[Channel]) -> None:
        for channel in channels:
            channel.will_close = True
            self._map.unsettle(channel._fileno)


def open_server(
    application: Callable[..., Any], listening: socket.socket, *, max_body_bytes: int, max_connections: int
) -> Server:
    """A server on an open socket with its threads started; it serves while its map's `turn` is called."""
    adjustments = Adjustments(
        sockets=[listening],
        backlog=BACKLOG,
        threads=THREADS,
        ident=None,
        connection_limit=max_connections,
        cleanup_interval=TIDY_SECONDS,
        max_request_header_size=MAX_HEADER_BYTES,
        max_request_body_size=max_body_bytes,
        recv_bytes=65_536,
        inbuf_overflow=BODY_IN_MEMORY,
        log_socket_errors=False,
        clear_untrusted_proxy_headers=False,  # the application does, and knows more than one proxy
    )
    threads = ThreadedTaskDispatcher()
    # A line in the log for each request that waits for a thread would make all of them wait longer.
    threads.queue_logger.setLevel(logging.ERROR)
    threads.set_thread_count(THREADS)
    return Server(
        application,
        Connections(),
        _sock=listening,
        dispatcher=threads,
        adj=adjustments,
        sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
        bind_socket=False,
    )
