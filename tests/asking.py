"""HTTP by hand: one call over one connection, byte by byte as the test wants it."""

import socket
from collections.abc import Mapping


def read_all(sock: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    while part := sock.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """Request line and headers, with the empty line."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def ask(
    port: int, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"",
    seconds: float = 20,
) -> tuple[int, bytes]:  # fmt: skip
    """(status, body) of one call over a connection of its own; raises OSError when nobody answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as sock:
        sock.sendall(head(method, path, {**(headers or {}), "Content-Length": str(len(body))}) + body)
        return parsed(read_all(sock))


def parsed(answer: bytes) -> tuple[int, bytes]:
    """(status, body) of a whole answer."""
    first, _, rest = answer.partition(b"\r\n")
    if not first:
        raise ConnectionResetError("closed without an answer")
    return int(first.split()[1]), rest.partition(b"\r\n\r\n")[2]
