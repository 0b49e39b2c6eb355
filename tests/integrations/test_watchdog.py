import socket
from collections.abc import Iterator
from time import monotonic

import pytest

from integrations.watchdog import Watchdog
from tests.integrations.door import GRACE


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    yield watchdog
    watchdog.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_an_overdue_socket_is_shut_under_whoever_waits_on_it(
    watchdog: Watchdog, pair: tuple[socket.socket, socket.socket]
) -> None:
    started = monotonic()
    with watchdog.watch(0.1) as attempt:
        attempt.hold(pair[0])
        assert pair[0].recv(1) == b""
    assert attempt.is_overdue
    assert 0.1 <= monotonic() - started < 0.1 + GRACE


def test_an_attempt_that_begins_later_but_ends_earlier_is_cut_in_time(
    watchdog: Watchdog, pair: tuple[socket.socket, socket.socket]
) -> None:
    with watchdog.watch(30), watchdog.watch(0.1) as attempt:
        attempt.hold(pair[0])
        assert pair[0].recv(1) == b""


def test_an_overdue_attempt_cannot_turn_to_another_socket(
    watchdog: Watchdog, pair: tuple[socket.socket, socket.socket]
) -> None:
    with watchdog.watch(0.05) as attempt:
        attempt.hold(pair[0])
        pair[0].recv(1)
        with pytest.raises(TimeoutError):
            attempt.hold(pair[1])


def test_a_socket_outlives_an_attempt_that_ended_in_time(
    watchdog: Watchdog, pair: tuple[socket.socket, socket.socket]
) -> None:
    with watchdog.watch(0.05) as early:
        early.hold(pair[0])
    other, _ = others = socket.socketpair()
    with others[0], others[1], watchdog.watch(0.2) as late:
        late.hold(other)
        other.recv(1)
    pair[1].sendall(b"x")
    assert pair[0].recv(1) == b"x"
    assert not early.is_overdue


def test_a_socket_stays_within_reach_after_its_owner_closed_it(
    watchdog: Watchdog, pair: tuple[socket.socket, socket.socket]
) -> None:
    reader = pair[0].makefile("rb")
    with watchdog.watch(0.05) as attempt, reader:
        attempt.hold(pair[0])
        pair[0].close()
        assert reader.read(1) == b""
    assert attempt.is_overdue
