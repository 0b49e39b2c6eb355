"""Who is looked up, who is dialled, and who never is."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from integrations.contract import Reason, Response
from integrations.egress import EgressPolicy
from integrations.lookup import LookupFailed, Lookups
from tests.integrations.door import (
    GRACE,
    NO_VENDOR,
    nothing_logged_holds_a_secret,  # noqa: F401 - pytest uses it
    opened_door,
    rejected,
    request_to,
    resolving,
    retry,
    sent_through,
)
from tests.integrations.fault_server import FaultServer, answers, full_backlog

VENDOR = frozenset({"open.vendor.test"})
PUBLIC = "93.184.216.34"


class Nobody:
    """A connector that must not be asked."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []

    def __call__(self, sock: socket.socket, address: tuple[str, int]) -> None:
        self.dialled.append(address)
        raise ConnectionRefusedError


# ---------------------------------------------------------------- forbidden


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["100.100.100.200"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["fe80::1%eth0"],
        ["fec0::1"],
        ["::7f00:1"],
        ["168.63.129.16"],
        [PUBLIC, "127.0.0.1"],
        [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "fd00::1"],
    ],
)
def test_a_vendors_name_with_any_address_that_is_not_public_is_not_dialled_at_all(addresses: list[str]) -> None:
    nobody = Nobody()
    with FaultServer(answers()) as canary:
        resolver = resolving({"open.vendor.test": addresses})
        with opened_door(policy=EgressPolicy(), resolver=resolver, connect=nobody) as door:
            answer = door.send(request_to("https://open.vendor.test/hook/token-in-path"), vendor_hosts=VENDOR)
        assert answer == rejected(Reason.ADDRESS_FORBIDDEN)
        assert (nobody.dialled, canary.connections) == ([], 0)


def test_the_guard_of_the_library_is_asked_too(caplog: pytest.LogCaptureFixture) -> None:
    resolver = resolving({"open.vendor.test": ["10.0.0.8"]})
    with opened_door(policy=EgressPolicy(), resolver=resolver) as door:
        door.send(request_to("https://open.vendor.test/"), vendor_hosts=VENDOR)
    assert [record.name for record in caplog.records if "10.0.0.8" in record.getMessage()] == [
        "requests_hardened.ip_filter"
    ]


@pytest.mark.parametrize(
    "url",
    [
        "http://open.vendor.test/",
        "https://open.vendor.test:8443/",
        "https://elsewhere.test/",
        "https://open.vendor.test@elsewhere.test/",
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "file:///etc/passwd",
        "gopher://open.vendor.test/",
        "https://open.vendor.test/\r\nX-Evil: 1",
        "",
    ],
)
def test_a_url_that_the_policy_refuses_is_neither_looked_up_nor_dialled(url: str) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC]

    nobody = Nobody()
    with opened_door(policy=EgressPolicy(), resolver=resolve, connect=nobody) as door:
        assert door.send(request_to(url), vendor_hosts=VENDOR) == rejected(Reason.ADDRESS_FORBIDDEN)
    assert (asked, nobody.dialled) == ([], [])


@pytest.mark.parametrize("address", ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"])
def test_a_host_that_the_operator_allowed_still_never_leads_to_a_metadata_service(address: str) -> None:
    nobody = Nobody()
    with opened_door(resolver=resolving({"bot.test": [address]}), connect=nobody) as door:
        assert sent_through(door, "http://bot.test/") == rejected(Reason.ADDRESS_FORBIDDEN)
    assert nobody.dialled == []


def test_a_host_that_the_operator_allowed_may_be_private() -> None:
    with FaultServer(answers()) as server, opened_door(resolver=resolving({"bot.test": ["127.0.0.1"]})) as door:
        assert isinstance(sent_through(door, f"http://bot.test:{server.port}/"), Response)
        assert f"Host: bot.test:{server.port}\r\n".encode() in server.requests[0]


def test_an_address_in_the_url_is_not_looked_up() -> None:
    with FaultServer(answers()) as server, opened_door(resolver=resolving({})) as door:
        assert isinstance(sent_through(door, server.url), Response)


# ---------------------------------------------------------------- several addresses


def test_the_next_address_is_tried_when_one_refuses() -> None:
    resolver = resolving({"bot.test": ["::1", "127.0.0.1"]})
    with FaultServer(answers()) as server, opened_door(resolver=resolver) as door:
        assert isinstance(sent_through(door, f"http://bot.test:{server.port}/"), Response)


def test_an_address_that_leads_nowhere_leaves_time_for_the_next() -> None:
    with full_backlog() as nowhere, FaultServer(answers()) as server:

        def connect(sock: socket.socket, address: tuple[str, int]) -> None:
            sock.connect(("127.0.0.1", nowhere if address[0] == "127.0.0.2" else server.port))

        resolver = resolving({"bot.test": ["127.0.0.2", "127.0.0.1"]})
        with opened_door(resolver=resolver, connect=connect) as door:
            assert isinstance(sent_through(door, "http://bot.test/", deadline=1.0), Response)


def test_the_families_are_tried_by_turns_beginning_with_the_preferred_one() -> None:
    nobody = Nobody()
    answer = ["fd00::1", "fd00::2", "fd00::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"]
    with opened_door(resolver=resolving({"bot.test": answer}), connect=nobody) as door:
        assert sent_through(door, "http://bot.test/") == retry(Reason.CONNECT_FAILED)
    assert [host for host, _ in nobody.dialled] == ["fd00::1", "10.0.0.1", "fd00::2", "10.0.0.2", "10.0.0.3"]


def test_a_name_is_looked_up_once_for_a_connection_and_not_again_while_it_lives() -> None:
    asked: list[str] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with FaultServer(answers()) as server, opened_door(resolver=resolve) as door:
        for _ in range(3):
            assert isinstance(sent_through(door, f"http://bot.test:{server.port}/"), Response)
    assert asked == ["bot.test"]


# ---------------------------------------------------------------- look-ups that fail or hang


@pytest.mark.parametrize("answer", [{}, {"bot.test": []}], ids=["no such name", "no address"])
def test_a_name_without_an_address_is_a_failed_look_up(answer: dict[str, list[str]]) -> None:
    with opened_door(resolver=resolving(answer)) as door:
        assert sent_through(door, "http://bot.test/") == retry(Reason.DNS_FAILED)


class Stuck:
    """A resolver that hangs on every name but `good.test` until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        if host != "good.test":
            self.released.wait(timeout=30)
        return ["127.0.0.1"]


def test_a_resolver_that_hangs_is_left_at_the_deadline() -> None:
    stuck = Stuck()
    with opened_door(resolver=stuck) as door:
        assert sent_through(door, "http://bot.test/", deadline=0.3) == retry(Reason.DNS_FAILED)
    stuck.released.set()


def test_a_name_that_hangs_costs_one_thread_however_many_ask() -> None:
    stuck = Stuck()
    with (
        opened_door("bot.test", "good.test", resolver=stuck) as door,
        FaultServer(answers()) as server,
        ThreadPoolExecutor(20) as pool,
    ):
        waiting = [pool.submit(sent_through, door, "http://bot.test/", 0.5) for _ in range(20)]
        assert isinstance(sent_through(door, f"http://good.test:{server.port}/"), Response)
        assert {future.result() for future in waiting} == {retry(Reason.DNS_FAILED)}
    assert stuck.asked.count("bot.test") == 1
    stuck.released.set()


def test_when_every_look_up_hangs_a_new_name_fails_in_time_and_works_once_they_return() -> None:
    stuck = Stuck()
    lookups = Lookups(stuck, at_once=2)
    for name in ("a.test", "b.test"):
        with pytest.raises(LookupFailed):
            lookups.find(name, 80, within=0.05)
    started = monotonic()
    with pytest.raises(LookupFailed):
        lookups.find("good.test", 80, within=0.2)
    assert 0.1 < monotonic() - started < 0.2 + GRACE
    assert "good.test" not in stuck.asked
    stuck.released.set()
    assert lookups.find("good.test", 80, within=5) == ["127.0.0.1"]


def test_a_failed_look_up_tells_nothing_but_that_it_failed() -> None:
    with pytest.raises(LookupFailed) as caught:
        Lookups(resolving({})).find("secret-name.test", 80, within=5)
    assert str(caught.value) == ""


def test_the_systems_own_resolver_knows_this_machine() -> None:
    with FaultServer(answers()) as server, opened_door("localhost") as door:
        answer = door.send(request_to(f"http://localhost:{server.port}/"), vendor_hosts=NO_VENDOR)
        assert isinstance(answer, Response)


@pytest.mark.parametrize("url", ["https://[::1]:1/", "http://[::1]:1/"])
def test_addresses_of_the_newer_protocol_can_be_dialled(url: str) -> None:
    nobody = Nobody()
    with opened_door("[::1]:1", connect=nobody) as door:
        assert sent_through(door, url) == retry(Reason.CONNECT_FAILED)
    assert nobody.dialled == [("::1", 1)]
