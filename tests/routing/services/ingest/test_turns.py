"""Turns at computing are a courtesy: few run at a time, and nobody waits for long."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock, Semaphore
from time import monotonic

import pytest

from routing.services.ingest import turns
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(turns, "_turns", Semaphore(turns.AT_ONCE))
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 10)


def test_no_more_than_two_hold_a_turn():
    lock, running, seen = Lock(), 0, []

    def compute(_: int) -> None:
        nonlocal running
        with turns.taken():
            with lock:
                running += 1
                seen.append(running)
            Event().wait(0.001)
            with lock:
                running -= 1

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(compute, range(40)))
    assert max(seen) <= turns.AT_ONCE


def test_who_waits_for_the_database_lends_its_turn():
    everybody = Barrier(6, timeout=10)

    def call(_: int) -> int:
        with turns.taken(), turns.lent():
            return everybody.wait()  # six wait at once, though only two may compute

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(call, range(6)))) == 6


def test_who_gets_no_turn_goes_on_without(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.01)
    with ThreadPoolExecutor(turns.AT_ONCE) as threads:
        hold, holding = Event(), []

        def keep() -> None:
            with turns.taken():
                holding.append(1)
                hold.wait(10)

        for _ in range(turns.AT_ONCE):
            threads.submit(keep)
        eventually(lambda: len(holding) == turns.AT_ONCE)
        began = monotonic()
        with turns.taken(), turns.lent():
            pass
        assert monotonic() - began < 5
        hold.set()


def test_a_turn_is_given_back_whatever_happens():
    for _ in range(turns.AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), turns.taken():
            raise ZeroDivisionError
    assert turns._turns.acquire(blocking=False)
