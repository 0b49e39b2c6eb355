import socket
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.contract import Outcome, Reason, Response
from integrations.egress import EgressPolicy
from tests.integrations.certificates import NOW, Authority
from tests.integrations.door import (
    nothing_logged_holds_a_secret,  # noqa: F401 - pytest uses it
    opened_door,
    request_to,
    resolving,
    retry,
    sent_through,
)
from tests.integrations.fault_server import Call, FaultServer, answers, closed_port, replies, tunnels

VENDOR = frozenset({"open.vendor.test"})
VENDOR_URL = "https://open.vendor.test/hook/token-in-path?key=secret-in-query"
PUBLIC = "93.184.216.34"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def sent_to_bot(authority: Authority, server: FaultServer, deadline: float = 5.0) -> Response | Outcome:
    """Send to https://bot.test, a name of ours that leads to the server."""
    resolver = resolving({"bot.test": ["127.0.0.1"]})
    with opened_door(resolver=resolver, trust=authority.trusting()) as door:
        return sent_through(door, f"https://bot.test:{server.port}/hook/token-in-path", deadline)


def test_tls_is_verified_against_the_name_in_the_url(authority: Authority) -> None:
    with FaultServer(answers(), tls=authority.server("bot.test")) as server:
        assert isinstance(sent_to_bot(authority, server), Response)
        assert server.server_names == ["bot.test"]


def test_tls_connections_are_used_again(authority: Authority) -> None:
    resolver = resolving({"bot.test": ["127.0.0.1"]})
    with (
        FaultServer(answers(), tls=authority.server("bot.test")) as server,
        opened_door(resolver=resolver, trust=authority.trusting()) as door,
    ):
        for _ in range(3):
            assert isinstance(sent_through(door, f"https://bot.test:{server.port}/"), Response)
        assert server.connections == 1


def test_a_certificate_for_another_name_fails(authority: Authority) -> None:
    with FaultServer(answers(), tls=authority.server("other.test")) as server:
        assert sent_to_bot(authority, server) == retry(Reason.TLS_FAILED)
        assert server.requests == []


def test_an_expired_certificate_fails(authority: Authority) -> None:
    with FaultServer(answers(), tls=authority.server("bot.test", ends=NOW - timedelta(days=1))) as server:
        assert sent_to_bot(authority, server) == retry(Reason.TLS_FAILED)


def test_a_certificate_of_an_unknown_authority_fails(authority: Authority, tmp_path: Path) -> None:
    with FaultServer(answers(), tls=Authority(tmp_path).server("bot.test")) as server:
        assert sent_to_bot(authority, server) == retry(Reason.TLS_FAILED)


def test_by_default_only_known_authorities_are_trusted(authority: Authority) -> None:
    with (
        FaultServer(answers(), tls=authority.server("bot.test")) as server,
        opened_door(resolver=resolving({"bot.test": ["127.0.0.1"]})) as door,
    ):
        assert sent_through(door, f"https://bot.test:{server.port}/") == retry(Reason.TLS_FAILED)


def test_a_server_that_speaks_no_tls_fails(authority: Authority) -> None:
    with FaultServer(lambda call: call.sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        assert sent_to_bot(authority, server) == retry(Reason.TLS_FAILED)


def test_a_handshake_that_hangs_is_left_at_the_deadline(authority: Authority) -> None:
    with FaultServer(lambda call: call.wait_until_gone()) as server:
        assert sent_to_bot(authority, server, deadline=0.3) == retry(Reason.TIMEOUT)


def test_a_handshake_that_drips_is_left_at_the_deadline(authority: Authority) -> None:
    # A record of the right kind and length whose bytes come one by one.
    with FaultServer(lambda call: call.drip(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + b"\x03" * 1000)) as server:
        assert sent_to_bot(authority, server, deadline=0.3) == retry(Reason.TIMEOUT)


def test_a_handshake_may_take_the_time_that_the_connect_left(authority: Authority) -> None:
    tls = authority.server("bot.test")

    def start_late(call: Call) -> None:
        call.server.stopping.wait(0.6)
        with call.server.wrapped(tls, call.sock) as wrapped:
            answers()(Call(wrapped, call.server))

    resolver = resolving({"bot.test": ["127.0.0.1", "::1"]})
    with FaultServer(start_late) as server, opened_door(resolver=resolver, trust=authority.trusting()) as door:
        # Of a second, the first of two addresses may use half for its connect.
        assert isinstance(sent_through(door, f"https://bot.test:{server.port}/", deadline=1.0), Response)


def test_an_answer_that_drips_through_tls_is_left_at_the_deadline(authority: Authority) -> None:
    def drip(call: Call) -> None:
        call.read_request()
        call.sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        call.drip(b"x" * 1000)

    with FaultServer(drip, tls=authority.server("bot.test")) as server:
        assert sent_to_bot(authority, server, deadline=0.3) == retry(Reason.TIMEOUT)


def test_a_reset_during_the_handshake_fails_to_connect(authority: Authority) -> None:
    with FaultServer(lambda call: call.reset()) as server:
        assert sent_to_bot(authority, server) in (retry(Reason.CONNECT_FAILED), retry(Reason.TLS_FAILED))


# ---------------------------------------------------------------- vendors


class Dialling:
    """Connects to a loopback port instead of the address it is asked for, which it remembers."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dialled: list[tuple[str, int]] = []

    def __call__(self, sock: socket.socket, address: tuple[str, int]) -> None:
        self.dialled.append(address)
        sock.connect(("127.0.0.1", self.port))


def test_a_vendor_is_dialled_at_the_checked_address_under_its_own_name(authority: Authority) -> None:
    with FaultServer(answers(), tls=authority.server("open.vendor.test")) as server:
        dial = Dialling(server.port)
        resolver = resolving({"open.vendor.test": [PUBLIC]})
        with opened_door(policy=EgressPolicy(), resolver=resolver, connect=dial, trust=authority.trusting()) as door:
            assert isinstance(door.send(request_to(VENDOR_URL), vendor_hosts=VENDOR), Response)
        assert dial.dialled == [(PUBLIC, 443)]
        assert server.server_names == ["open.vendor.test"]
        assert b"\r\nHost: open.vendor.test\r\n" in server.requests[0]


def test_a_name_that_changes_its_address_later_is_checked_again(authority: Authority) -> None:
    lookups = [[PUBLIC], ["127.0.0.1"]]
    reply = replies(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with FaultServer(reply, tls=authority.server("open.vendor.test")) as server:
        dial = Dialling(server.port)
        with opened_door(
            policy=EgressPolicy(), resolver=lambda *_: lookups.pop(0), connect=dial, trust=authority.trusting()
        ) as door:
            assert isinstance(door.send(request_to(VENDOR_URL), vendor_hosts=VENDOR), Response)
            answer = door.send(request_to(VENDOR_URL), vendor_hosts=VENDOR)
        assert isinstance(answer, Outcome)
        assert answer.reason is Reason.ADDRESS_FORBIDDEN
        assert dial.dialled == [(PUBLIC, 443)]


# ---------------------------------------------------------------- the operator's proxy


def through_proxy(authority: Authority, proxy: str, deadline: float = 5.0) -> Response | Outcome:
    policy = EgressPolicy.parse(["127.0.0.1"], proxy)
    with opened_door(policy=policy, resolver=resolving({}), trust=authority.trusting()) as door:
        return door.send(request_to(VENDOR_URL), vendor_hosts=VENDOR, deadline=deadline)


def test_vendors_are_reached_through_the_proxy_which_sees_neither_path_nor_body(authority: Authority) -> None:
    with FaultServer(tunnels(authority.server("open.vendor.test"), answers())) as proxy:
        answer = through_proxy(authority, f"http://user:p%40ss@127.0.0.1:{proxy.port}")
        assert isinstance(answer, Response)
        connect, request = proxy.requests
        assert connect.startswith(b"CONNECT open.vendor.test:443 HTTP/1.")
        assert b"Proxy-Authorization: Basic dXNlcjpwQHNz" in connect
        assert b"token-in-path" not in connect
        assert b"Proxy-Authorization" not in request
        assert request.startswith(b"POST /hook/token-in-path?key=secret-in-query HTTP/1.1")


def test_allowed_hosts_are_reached_without_the_proxy(authority: Authority) -> None:
    with closed_port() as port, FaultServer(answers()) as server:
        policy = EgressPolicy.parse(["127.0.0.1"], f"http://127.0.0.1:{port}")
        with opened_door(policy=policy) as door:
            assert isinstance(sent_through(door, server.url), Response)


@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", b"HTTP/1.1 403 Forbidden\r\n\r\n", b"", b"nonsense"],
)
def test_a_proxy_that_refuses_means_no_connection(authority: Authority, reply: bytes) -> None:
    with FaultServer(replies(reply)) as proxy:
        assert through_proxy(authority, f"http://127.0.0.1:{proxy.port}") == retry(Reason.CONNECT_FAILED)


def test_a_proxy_that_cannot_be_reached_means_no_connection(authority: Authority) -> None:
    with closed_port() as port:
        assert through_proxy(authority, f"http://127.0.0.1:{port}") == retry(Reason.CONNECT_FAILED)


def test_a_proxy_that_drips_is_left_at_the_deadline(authority: Authority) -> None:
    def drip(call: Call) -> None:
        call.read_request()
        call.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Header: x\r\n" * 1000)

    with FaultServer(drip) as proxy:
        assert through_proxy(authority, f"http://127.0.0.1:{proxy.port}", deadline=0.3) == retry(Reason.TIMEOUT)
