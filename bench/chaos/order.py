"""Many events about few issues through several workers at once, while three sends in ten fail; nobody is killed."""

from pathlib import Path

from bench.bots import Bots
from bench.chaos import evidence
from bench.chaos.checker import Evidence
from bench.databases import POSTGRES, Database
from bench.relay import Load, Relay, wait_for

BOTS = ("bot0", "bot1", "bot2")
EVENTS_AN_ISSUE, RESOLVE_EVERY = 50, 5
FAILING = {"mode": "mixed", "ms": 5, "share": 0.3}
WORKERS = 4
SENDERS = 16
EVENTS_A_SECOND = 20
"""What the slowest machine gets through, so that a run that is stuck ends."""


def run(database: Database, folder: Path, *, kind: str, seed: int, events: int) -> Evidence:
    """One run; on SQLite, which knows one worker, with one."""
    bots = Bots(folder, seed=seed)
    bots.fault(**FAILING)  # type: ignore[arg-type] # a mode and numbers
    relay = Relay(database, bots, BOTS)
    seconds = 60 + events / EVENTS_A_SECOND
    try:
        relay.start_web()
        for _ in range(WORKERS if kind == POSTGRES else 1):
            relay.start_worker()
        load = Load(
            relay.url, folder, senders=SENDERS, count=events, seconds=seconds, series=seed % 10_000,
            issues=max(1, events // EVENTS_AN_ISSUE), resolve_every=RESOLVE_EVERY,
        )  # fmt: skip
        load.figures(seconds + 60)
        wait_for(lambda: _is_at_rest(database), seconds, pause=0.5)
        return evidence.collect(database, bots, load.calls, [])
    finally:
        relay.end()
        bots.end()


def _is_at_rest(database: Database) -> bool:
    evidence.hurry(database)
    return evidence.unfinished(database) == 0
