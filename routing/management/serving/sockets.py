"""The listening socket, opened once and handed down, so that a web restart refuses nothing."""

import errno
import socket

BACKLOG = 2048
"""Connections the kernel holds for us while no web process is accepting; capped by its own `somaxconn`."""


class CannotListenError(Exception):
    """The address cannot be listened on; `str()` says why and what to do."""


def reserve(host: str, port: int) -> socket.socket:
    """A TCP socket with its address, on which callers are refused until it listens; port 0 takes any free one.

    Raises CannotListenError.
    """
    reserved = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reserved.family == socket.AF_INET6:
            reserved.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        reserved.bind((host.strip("[]"), port))
    except OSError as error:
        reserved.close()
        raise CannotListenError(_reason(error, f"{host}:{port}")) from error
    return reserved


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes any free one. Raises CannotListenError."""
    listening = reserve(host, port)
    listening.listen(BACKLOG)
    return listening


def _reason(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is already in use. Stop what listens there, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"{address} may not be used by this user: ports below 1024 belong to root. Choose another with --port."
    return f"Cannot listen on {address}: {error.strerror or error}."


def adopt(descriptor: int) -> socket.socket:
    """The socket that the parent process opened."""
    return socket.socket(fileno=descriptor)


def netloc(listening: socket.socket) -> str:
    """`host:port` at which somebody on this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - it is asked for, not bound
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def url(listening: socket.socket) -> str:
    """`http://host:port` of the socket, for somebody on this machine."""
    return f"http://{netloc(listening)}"
