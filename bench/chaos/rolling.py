"""Upgrades and restarts under load that may cost nothing: no call refused, none lost, nobody told twice."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.bots import Bots
from bench.chaos import evidence, release
from bench.chaos.checker import DUPLICATE_OR_NEW, Evidence, violations
from bench.databases import Database
from bench.load import BROKEN, UNANSWERED, Call
from bench.processes import Process, below
from bench.proxy import Proxy
from bench.relay import Load, Relay, wait_for

BOTS = ("bot0", "bot1", "bot2")
ISSUES, RESOLVE_EVERY = 40, 5
WORDS = {BROKEN: "with a broken connection", UNANSWERED: "by nobody"}
UNAVAILABLE = 503
CUT_OFF_NANOSECONDS = 1_000_000_000
WAIT_NANOSECONDS = 1_000_000_000
"""The longest that a call waits for the lock before it is answered."""

TAKES_OVER_SECONDS, REST_SECONDS = 60, 60
_MISSING = (
    "from django.db import connection; from routing.triggers import missing; print('missing', missing(connection))"
)
_LAST = "SELECT MAX(name) FROM django_migrations WHERE app = 'routing'"


@dataclass
class Outcome:
    """What came of an act: what parties said, and what else was found wrong."""

    found: Evidence
    wrong: list[str] = field(default_factory=list)
    said: str = ""
    locked: tuple[int, int] = (0, 0)
    """From when to when a migration may have held SQLite's only lock, in nanoseconds of the monotonic clock."""

    @property
    def late(self) -> set[int]:
        """The numbers of webhooks that were answered 503 while SQLite's lock was held, and stored all the same."""
        begin, end = self.locked
        stored = {inbound.number for inbound in self.found.inbounds}
        return {
            call.number
            for call in self.found.calls
            if call.status == UNAVAILABLE and begin < call.answered < end and call.number in stored
        }

    @property
    def problems(self) -> list[str]:
        """Every promise that was broken, in words."""
        late = self.late
        bad = [call for call in self.found.calls if call.status not in DUPLICATE_OR_NEW and not _was_cut_off(call)]
        refused = [call for call in bad if call.number not in late]
        told = [f"webhook {call.number} was answered {WORDS.get(call.status, call.status)}" for call in refused]
        return [*self.wrong, *told, *violations(self.found)]

    @property
    def worst(self) -> float:
        """Milliseconds that the slowest answer took."""
        return max((call.answered - call.due for call in self.found.acknowledged), default=0) / 1e6


def _was_cut_off(call: Call) -> bool:
    """True for a call that had only just begun when the load was stopped."""
    return call.status == UNANSWERED and call.answered - call.due < CUT_OFF_NANOSECONDS


def upgrade(
    database: Database, folder: Path, *, seed: int = 1, rate: float = 25, calm: float = 2, renewals: int = 2
) -> Outcome:
    """Start the code that lies in the database's root, put this release in its place as the documentation says,
    and renew the processes, the first time to upgrade them."""
    bots = Bots(folder, seed=seed)
    relay = Relay(database, bots, BOTS)
    before = database.rows(_LAST)[0][0]
    wrong: list[str] = []
    locked: list[tuple[int, int]] = []

    def act() -> None:
        time.sleep(calm)
        release.replace(database.root)
        began = time.monotonic_ns()
        database.manage("migrate", "--noinput", "--verbosity", "0")
        locked.append((began, time.monotonic_ns() + WAIT_NANOSECONDS))
        time.sleep(calm)  # the old code on the new schema
        for _ in range(renewals):
            wrong.extend(_renewed(supervisor))
            time.sleep(calm)

    _without_static_files(database)
    try:
        supervisor = relay.start_all()
        found = _under_load(relay, bots, relay.port, folder, act, rate=rate, seed=seed)
    finally:
        relay.end()
        bots.end()
    missing = database.manage("shell", "--no-imports", "-c", _MISSING).splitlines()[-1]
    if missing != "missing []":
        wrong.append(f"triggers after the upgrade: {missing}")
    outcome = Outcome(found, wrong, locked=(0, 0) if database.url else locked[0])
    outcome.said = f"from {before} to {database.rows(_LAST)[0][0]}, {len(outcome.late)} stored late"
    return outcome


def two_hosts(database: Database, folder: Path, *, seed: int = 1, rate: float = 25, calm: float = 1) -> Outcome:
    """Stop and start two hosts of one Postgres, one after the other, behind a proxy."""
    bots = Bots(folder, seed=seed)
    hosts = [Relay(database, bots, BOTS) for _ in range(2)]
    _without_static_files(database)

    def act() -> None:
        for host in hosts:
            time.sleep(calm)
            host.end()
            time.sleep(calm)
            host.start_all()
        time.sleep(calm)

    try:
        for host in hosts:
            host.start_all()
        with Proxy([host.port for host in hosts]) as proxy:
            found = _under_load(hosts[0], bots, proxy.port, folder, act, rate=rate, seed=seed)
            return Outcome(found, [], f"both hosts replaced, {proxy.passed_over} calls passed on to the other one")
    finally:
        for host in hosts:
            host.end()
        bots.end()


def _under_load(
    relay: Relay, bots: Bots, port: int, folder: Path, act: Callable[[], None], *, rate: float, seed: int
) -> Evidence:
    """Act while signed calls come, each over a connection of its own, and collect once all has come to rest."""
    load = Load(
        relay.url.replace(str(relay.port), str(port)), folder, count=1_000_000, seconds=3600, rate=rate, fresh=1,
        issues=ISSUES, resolve_every=RESOLVE_EVERY, series=seed % 10_000,
    )  # fmt: skip
    try:
        act()
    finally:
        with suppress(ProcessLookupError):
            load.stop()
    load.figures()
    wait_for(lambda: evidence.unfinished(relay.database) == 0, REST_SECONDS)
    return evidence.collect(relay.database, bots, load.calls, [])


def _renewed(supervisor: Process) -> list[str]:
    """Ask for new processes and wait until they have taken over; what went wrong."""
    before = {*below(supervisor.pid, "web"), *below(supervisor.pid, "worker")}
    supervisor.renew()

    def is_over() -> bool:
        web, worker = below(supervisor.pid, "web"), below(supervisor.pid, "worker")
        return len(web) == 1 and len(worker) == 1 and not before & {*web, *worker}

    return [] if wait_for(is_over, TAKES_OVER_SECONDS) else ["the new processes did not take over"]


def _without_static_files(database: Database) -> None:
    """Laid out, as it were: no page is looked at."""
    static = database.folder / "static" / "staticfiles.json"
    static.parent.mkdir(exist_ok=True)
    static.write_text('{"version": "1.1", "paths": {}, "hash": ""}')
