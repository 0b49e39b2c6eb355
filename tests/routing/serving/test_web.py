"""The web server against real sockets: slow clients, chunked bodies, its end."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from routing.management.serving import server as server_module
from routing.management.serving.sockets import listen
from routing.management.serving.web import Web
from tests.waiting import eventually

MAX_BODY = 300_000
HALF = b"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc"


class Application:
    """Answers with what it read; /slow waits until it is told."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read()
        if environ["PATH_INFO"] == "/slow":
            self.entered.set()
            self.go_on.wait(20)
        answer = f"{environ['PATH_INFO']} {len(body)}".encode()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(answer)))])
        return [answer]


class Running:
    """A web server in a thread."""

    def __init__(self) -> None:
        self.application = Application()
        self.listening = listen("127.0.0.1", 0)
        self.address = self.listening.getsockname()
        self.web = Web(self.application, self.listening.dup(), max_body_bytes=MAX_BODY)
        self.thread = threading.Thread(target=self.web.run)
        self.thread.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=10)

    def end(self) -> None:
        self.application.go_on.set()
        self.web.stop()
        self.thread.join(20)
        self.listening.close()


@pytest.fixture
def running() -> Iterator[Running]:
    one = Running()
    yield one
    one.end()


def read_all(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def ask(sock: socket.socket, path: str = "/", body: bytes = b"") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    sock.sendall(head.encode() + body)
    return read_all(sock)


def test_one_that_has_ended_may_be_told_to_stop_once_more(running: Running) -> None:
    running.web.stop()
    running.thread.join(20)
    running.web.stop()
    assert not running.thread.is_alive()


def test_a_body_is_read_whole_and_the_server_does_not_name_itself(running: Running) -> None:
    with running.connect() as sock:
        answer = ask(sock, "/large", b"x" * 200_000)
    assert answer.endswith(b"/large 200000")
    assert b"\r\nServer:" not in answer


def test_a_chunked_body_is_read(running: Running) -> None:
    with running.connect() as sock:
        sock.sendall(b"POST /chunked HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        sock.sendall(b"5\r\nhello\r\n")
        sock.sendall(b"6\r\n world\r\n0\r\n\r\n")
        assert read_all(sock).endswith(b"/chunked 11")


def test_a_body_beyond_the_limit_is_answered_413(running: Running) -> None:
    with running.connect() as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1))
        assert read_all(sock).startswith(b"HTTP/1.1 413 ")


def test_several_calls_come_over_one_connection(running: Running) -> None:
    with running.connect() as sock:
        for number in range(50):
            sock.sendall(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" % number)
            answer = b""
            while not answer.endswith(b"/%d 3" % number):
                part = sock.recv(65_536)
                assert part
                answer += part


def test_a_thousand_half_sent_requests_cost_the_others_nothing(running: Running) -> None:
    held = [running.connect() for _ in range(1000)]
    try:
        for sock in held:
            sock.sendall(HALF)
        eventually(lambda: len(running.web._server.active_channels) >= 1000)

        def call(number: int) -> float:
            started = monotonic()
            with running.connect() as sock:
                assert ask(sock, f"/{number}", b"x" * 30_000).endswith(b" 30000")
            return monotonic() - started

        with ThreadPoolExecutor(8) as pool:
            took = list(pool.map(call, range(200)))
        assert sorted(took)[100] < 0.25, max(took)
    finally:
        for sock in held:
            sock.close()


def test_silent_and_slow_connections_are_tidied_away(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "IDLE_SECONDS", 0.2)
    running.web._server.adj.cleanup_interval = 0.1
    running.web._server.next_channel_cleanup = 0
    with running.connect() as half, running.connect() as silent:
        half.sendall(HALF)
        assert half.recv(10) == b""
        assert silent.recv(10) == b""


def test_dripping_does_not_keep_a_request_alive(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "REQUEST_SECONDS", 0.3)
    running.web._server.adj.cleanup_interval = 0.1
    running.web._server.next_channel_cleanup = 0
    with running.connect() as sock:
        sock.sendall(b"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
        sock.settimeout(0.05)
        ends = monotonic() + 10
        while monotonic() < ends:
            try:
                sock.sendall(b"x")
                if sock.recv(10) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert monotonic() < ends


def test_at_the_limit_the_quietest_connections_make_room(running: Running) -> None:
    running.web._server.adj.connection_limit = 20
    held = [running.connect() for _ in range(40)]
    try:
        with running.connect() as sock:
            assert ask(sock, "/after").endswith(b"/after 0")
    finally:
        for sock in held:
            sock.close()


def test_the_end_waits_for_what_has_begun_and_leaves_the_socket_to_others(running: Running) -> None:
    with running.connect() as working, running.connect() as idle, ThreadPoolExecutor() as pool:
        answer = pool.submit(ask, working, "/slow")
        assert running.application.entered.wait(10)
        running.web.stop()
        eventually(lambda: not running.web._server.accepting)
        with running.connect() as next_one:
            next_one.sendall(b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert idle.recv(10) == b""
            assert running.thread.is_alive()
            running.application.go_on.set()
            assert answer.result(10).endswith(b"/slow 0")
            running.thread.join(10)
            assert not running.thread.is_alive()
            successor = Web(running.application, running.listening.dup(), max_body_bytes=MAX_BODY)
            thread = threading.Thread(target=successor.run)
            thread.start()
            assert read_all(next_one).endswith(b"/next 0")
            successor.stop()
            thread.join(10)


def test_while_it_ends_answers_ask_the_client_to_connect_anew(running: Running) -> None:
    with running.connect() as sock, ThreadPoolExecutor() as pool:
        sock.sendall(b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        answer = pool.submit(read_all, sock)
        assert running.application.entered.wait(10)
        running.web.stop()
        eventually(lambda: not running.web._server.accepting)
        running.application.go_on.set()
        assert b"\r\nConnection: close\r\n" in answer.result(10)
