"""A loopback server that misbehaves as told: each connection is handed to the next behaviour, the last one repeats."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeAlias

Behaviour: TypeAlias = Callable[["Call"], None]


class Call:
    """One accepted connection, as a behaviour sees it."""

    def __init__(self, sock: socket.socket, server: "FaultServer") -> None:
        self.sock = sock
        self.server = server

    def read_request(self) -> bytes:
        """Read one request and note it; b"" when the client went away instead."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        lines = (line.split(b":", 1) for line in head.lower().split(b"\r\n"))
        length = next((int(line[1]) for line in lines if line[0] == b"content-length"), 0)
        while len(body) < length:
            body += self.sock.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def wait_until_gone(self) -> None:
        """Do nothing until the client hangs up."""
        while self.sock.recv(65536):
            pass

    def drip(self, data: bytes, seconds: float = 0.05) -> None:
        """Send byte after byte, each well within any time limit of its own."""
        for byte in data:
            self.sock.sendall(bytes([byte]))
            if self.server.stopping.wait(seconds):
                return

    def flood(self, data: bytes, limit: int = 64 * 1024 * 1024) -> None:
        """Send the same again and again, up to a limit that no test should reach."""
        while self.server.sent < limit:
            self.sock.sendall(data)
            self.server.sent += len(data)

    def reset(self) -> None:
        """End the connection with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.sock.close()


class FaultServer:
    """Listens on a free loopback port and hands each connection to a behaviour in a thread of its own."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._behaviours = behaviours
        self._tls = tls
        self._listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}/hook/token-in-path?key=secret-in-query"
        self.requests: list[bytes] = []
        self.server_names: list[str | None] = []
        self.connections = 0
        self.sent = 0
        self.stopping = threading.Event()

    def __enter__(self) -> "FaultServer":
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(timeout=5)

    def wait_until_calls_ended(self) -> None:
        """Return when every connection so far has been closed from this side."""
        for thread in self._threads[1:]:
            thread.join(timeout=5)
            assert not thread.is_alive()

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                behaviour = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
                self.connections += 1
                self._open.append(sock)
                self._start(self._serve, sock, behaviour)

    def _serve(self, sock: socket.socket, behaviour: Behaviour) -> None:
        with suppress(OSError), sock:
            if self._tls is None:
                behaviour(Call(sock, self))
                return
            with self.wrapped(self._tls, sock) as wrapped:
                behaviour(Call(wrapped, self))

    def wrapped(self, tls: ssl.SSLContext, sock: socket.socket) -> ssl.SSLSocket:
        """Speak TLS as the server, noting the name that the client asks for."""
        tls.sni_callback = lambda _socket, name, _context: self.server_names.append(name)
        return tls.wrap_socket(sock, server_side=True)


# ---------------------------------------------------------------- behaviours


def replies(*pieces: bytes) -> Behaviour:
    """Read one request, send the pieces, hang up."""

    def behave(call: Call) -> None:
        call.read_request()
        for piece in pieces:
            call.sock.sendall(piece)

    return behave


def answers(body: bytes = b'{"code":0}', status: str = "200 OK", headers: str = "") -> Behaviour:
    """Answer every request on the connection properly, and keep it alive."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()

    def behave(call: Call) -> None:
        while call.read_request():
            call.sock.sendall(head + body)

    return behave


def hangs_after(data: bytes = b"") -> Behaviour:
    """Read one request, send the data, then say nothing more until the client hangs up."""

    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(data)
        call.wait_until_gone()

    return behave


def tunnels(tls: ssl.SSLContext, inner: Behaviour) -> Behaviour:
    """Be a proxy that accepts one CONNECT and is the destination itself."""

    def behave(call: Call) -> None:
        call.read_request()
        call.sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with call.server.wrapped(tls, call.sock) as wrapped:
            inner(Call(wrapped, call.server))

    return behave


@contextmanager
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: a further connect gets no answer at all."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", port))
        yield port
        for sock in waiting:
            sock.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses connections, kept from others for the time being."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
