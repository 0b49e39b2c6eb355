"""kill -9 of what runs, at random moments under load, and what is left of it."""

import random
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.bots import Bots
from bench.broker import Broker
from bench.chaos import evidence
from bench.chaos.checker import Evidence, Kill
from bench.databases import Database
from bench.processes import Process, below, kill
from bench.relay import Load, Relay, wait_for

BOTS = ("bot0", "bot1", "bot2")
ISSUES, RESOLVE_EVERY = 40, 5
FAILING = {"mode": "mixed", "ms": 20, "share": 0.3}
SHORTEST, LONGEST = 0.4, 3.0
"""Seconds between two kills."""

AT_THE_START = 0.2
"""The share of kills that do not wait until the one before is got over."""

REST_SECONDS = 90


class Host:
    """`manage.py up`, whose processes can be killed; what nobody else starts again is started again at once."""

    victims: Sequence[str] = ("web", "worker", "everything")
    senders: Sequence[str] = ("worker", "everything")
    """Whose death interrupts what is being sent."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._supervisor: Process | None = None

    def start(self) -> None:
        """Start all of it."""
        self._supervisor = self._relay.start_all()

    def kill(self, what: str) -> None:
        """Kill one of `victims`; an init system would start it again as soon."""
        assert self._supervisor is not None
        # `up` starts what died again by itself; a second death right after the first may find nobody there.
        wait_for(partial(_has_both, self._supervisor), 30)
        pid = self._supervisor.pid
        for victim in below(pid, what) if what != "everything" else [pid, *below(pid)]:
            kill(victim)

    def mend(self, what: str) -> None:
        """Start again what nobody else starts."""
        if what == "everything" and self._supervisor is not None:
            self._supervisor.kill()
            self._supervisor = self._relay.start_all()


class SpreadHost(Host):
    """The same with a broker and two Celery workers, which send."""

    victims = (*Host.victims, "celery", "broker")
    senders = ("celery",)

    def __init__(self, relay: Relay, broker: Broker, chance: random.Random) -> None:
        super().__init__(relay)
        self._broker, self._chance = broker, chance
        self._workers: dict[str, Process] = {}
        self._killed = ""

    def start(self) -> None:
        """Start all of it."""
        self._broker.start()
        self._workers = {name: self._relay.start_celery(name) for name in ("one", "two")}
        super().start()

    def kill(self, what: str) -> None:
        """Kill one of `victims`."""
        if what == "broker":
            self._broker.kill()
        elif what == "celery":
            self._killed = self._chance.choice(sorted(self._workers))
            self._workers[self._killed].kill()
        else:
            super().kill(what)

    def mend(self, what: str) -> None:
        """Start again what nobody else starts."""
        if what == "broker":
            self._broker.start()
        elif what == "celery":
            self._workers[self._killed] = self._relay.start_celery(self._killed)
        else:
            super().mend(what)


def on_one_host(database: Database, folder: Path, *, seed: int, kills: int, rate: float) -> Evidence:
    """A rampage among web, worker and all."""
    bots = Bots(folder, seed=seed)
    try:
        relay = Relay(database, bots, BOTS)
        return _run(relay, bots, Host(relay), folder, seed=seed, kills=kills, rate=rate)
    finally:
        bots.end()


def with_celery(database: Database, folder: Path, *, seed: int, kills: int, rate: float) -> Evidence:
    """A rampage that also kills Celery workers and the broker, which comes back empty."""
    bots, broker = Bots(folder, seed=seed), Broker(folder)
    try:
        relay = Relay(database, bots, BOTS, broker=broker.url)
        host = SpreadHost(relay, broker, random.Random(seed + 1))
        return _run(relay, bots, host, folder, seed=seed, kills=kills, rate=rate)
    finally:
        broker.kill()
        bots.end()


def _run(relay: Relay, bots: Bots, host: Host, folder: Path, *, seed: int, kills: int, rate: float) -> Evidence:
    """One rampage and its aftermath."""
    bots.fault(**FAILING)  # type: ignore[arg-type] # a mode and numbers
    load: Load | None = None
    try:
        relay.start_web()
        relay.end()
        load = Load(
            relay.url, folder, senders=16, count=1_000_000, seconds=3600, rate=rate, skip_late=1, issues=ISSUES,
            resolve_every=RESOLVE_EVERY, series=seed % 10_000,
        )  # fmt: skip
        done = _rampage(relay, host, random.Random(seed), kills)
        time.sleep(1)
        load.stop()
        load.figures()
        bots.fault(mode="ok")
        wait_for(lambda: _is_at_rest(relay.database), REST_SECONDS, pause=0.5)
        return evidence.collect(relay.database, bots, load.calls, done)
    finally:
        if load is not None and not load.calls:
            load.stop()
        relay.end()


def _rampage(relay: Relay, host: Host, chance: random.Random, kills: int) -> list[Kill]:
    """Kill at random moments, each of the victims as often as the others; what is started again is started as an operator's init system would, at once."""
    done: list[Kill] = []
    host.start()
    in_turn: list[str] = []
    for _ in range(kills):
        if chance.random() > AT_THE_START:
            relay.is_serving(30)
        time.sleep(chance.uniform(SHORTEST, LONGEST))
        in_turn = in_turn or chance.sample(host.victims, len(host.victims))
        what = in_turn.pop()
        host.kill(what)
        moment = time.monotonic_ns()
        done.append(Kill(moment, what, evidence.sending(relay.database) if what in host.senders else 0))
        host.mend(what)
    return done


def _has_both(supervisor: Process) -> bool:
    return bool(below(supervisor.pid, "web")) and bool(below(supervisor.pid, "worker"))


def _is_at_rest(database: Database) -> bool:
    evidence.hurry(database)
    return evidence.unfinished(database) == 0
