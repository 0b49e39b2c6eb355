"""What lies beneath the door: connections that dial by its rules, keep the path to themselves and stop reading.

The adapter of `requests` builds the pools; each connection asks the exchange of its own thread how to dial and what
to ask for. The pool itself is told "/" for a path, so nothing that a library logs or raises holds a target's secret.
"""

import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, IncompleteRead  # noqa: TID251 - the door's own wire
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter  # noqa: TID251 - the door's own wire
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool  # noqa: TID251 - the door's own wire
from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: TID251 - the door's own wire
from urllib3.exceptions import SSLError  # noqa: TID251 - the door's own wire
from urllib3.exceptions import TimeoutError as LibraryTimeout  # noqa: TID251 - the door's own wire
from urllib3.response import BaseHTTPResponse  # noqa: TID251 - the door's own wire

from integrations.contract import Outcome, OutcomeKind, Reason, Response
from integrations.watchdog import Attempt

BODY_LIMIT = 64 * 1024
WIRE_LIMIT = 512 * 1024
"""Bytes of one answer with all its heads, interim answers, chunk frames and trailers."""
_HOSTS = 256


@dataclass(slots=True)
class Exchange:
    """What a connection must know of the attempt that uses it."""

    attempt: Attempt
    target: str
    dial: Callable[[str, int], socket.socket]
    keep_alive: float
    is_connected: bool = True
    """False while a connection is being made, handshake included: no byte of the request has left then."""


class Current(threading.local):
    """The exchange that this thread is making."""

    exchange: Exchange


current = Current()


class TooMuch(HTTPException):
    """The answer does not end within the limit."""


class _Metered:
    """A reader that gives up at the limit: the standard library trusts chunk sizes, heads and trailers to end."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self._left = WIRE_LIMIT

    def read(self, amount: int = -1) -> bytes:
        return self._counted(self._reader.read(self._clipped(amount)))

    def readline(self, limit: int = -1) -> bytes:
        return self._counted(self._reader.readline(self._clipped(limit)))

    def _clipped(self, amount: int) -> int:
        return min(amount, self._left + 1) if amount >= 0 else self._left + 1

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise TooMuch
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)


class _MeteredAnswer(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: Any = _Metered(self.fp)


class _Connection(HTTPConnection):
    response_class = _MeteredAnswer
    _last_used = 0.0
    _waiting: list[bytes] | None = None

    def _new_conn(self) -> socket.socket:
        return current.exchange.dial(self._dns_host, self.port)

    def connect(self) -> None:
        current.exchange.is_connected = False
        super().connect()
        current.exchange.is_connected = True

    @property
    def is_connected(self) -> bool:
        return monotonic() - self._last_used < current.exchange.keep_alive and super().is_connected

    def request(self, *args: Any, **kwargs: Any) -> None:
        self._last_used = monotonic()
        if self.sock is not None and not current.exchange.attempt.is_held:
            current.exchange.attempt.hold(self.sock)
        # Head and body leave together: one packet or TLS record less for each message.
        waiting: list[bytes] = []
        self._waiting = waiting
        try:
            super().request(*args, **kwargs)
        finally:
            self._waiting = None
        super().send(b"".join(waiting))

    def send(self, data: Any) -> None:
        if self._waiting is None:
            super().send(data)
        else:
            self._waiting.append(data)

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        super().putrequest(method, current.exchange.target, *args, **kwargs)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Adapter(HTTPAdapter):
    """requests' adapter with our connections in its pools, and one TLS context for all of them."""

    def __init__(self, *, slots: int, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__(pool_connections=_HOSTS, pool_maxsize=slots)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pools for direct connections."""
        super().init_poolmanager(*args, ssl_context=self._trust, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Build the pools for connections through a proxy."""
        manager = super().proxy_manager_for(proxy, ssl_context=self._trust, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


def read(answer: BaseHTTPResponse) -> Response | Outcome:
    """The answer with its body cut at the limit; the connection is kept only when the answer was read to its end."""
    if answer.status < 200:
        # An interim answer that the library takes for the last one: what follows belongs to nobody.
        answer.close()
        return Outcome(kind=OutcomeKind.RETRY, reason=Reason.UNREADABLE_ANSWER)
    pieces: list[bytes] = []
    left = BODY_LIMIT
    while left and not answer.closed and (piece := answer.read(left)):
        pieces.append(piece)
        left -= len(piece)
    if not answer.closed:
        answer.close()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(answer.status, headers, _unpacked(b"".join(pieces), headers.get("content-encoding", "")))


def _unpacked(body: bytes, encoding: str) -> bytes:
    """The body of a server that compresses although it was asked not to, never beyond the limit."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return body
    try:
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(body, BODY_LIMIT)
    except zlib.error:
        return body


def reason_of(error: Exception, is_connected: bool) -> Reason:
    """Why there is no answer; `is_connected` is False when the request had no connection to leave by."""
    # urllib3 wraps what went wrong as the second argument of its own error.
    cause = error.args[1] if len(error.args) > 1 else error
    if isinstance(error, LibraryTimeout) or isinstance(cause, TimeoutError):
        return Reason.TIMEOUT
    if not is_connected:
        return Reason.TLS_FAILED if isinstance(error, SSLError) else Reason.CONNECT_FAILED
    is_broken_off = isinstance(error, SSLError) or isinstance(cause, OSError | IncompleteRead)
    return Reason.CONNECTION_LOST if is_broken_off else Reason.UNREADABLE_ANSWER
