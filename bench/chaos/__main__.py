"""`make chaos`, or `python -m bench.chaos [--seed S] [--kills N] [--database sqlite|postgres] [--only ACT]`.

`kills` runs `manage.py up` under signed load with three bots that fail three times in ten, kills the web process, the
worker or everything at seeded random moments, lets it all come to rest, and checks. `upgrade` starts the release before
this one, and upgrades it under load; `hosts` replaces two hosts behind a proxy; `order` takes `--events` through four
workers (one on SQLite) while three sends in ten fail. Exit code 1 when a promise was broken.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.bots import Bots
from bench.chaos import evidence, order, release, rolling
from bench.chaos.checker import Evidence, Kill, duplicates, violations
from bench.databases import KINDS, POSTGRES, Database, Databases
from bench.processes import Process, below, kill
from bench.relay import Load, Relay, wait_for

VICTIMS = ("web", "worker", "everything")
BOTS = ("bot0", "bot1", "bot2")
ISSUES, RESOLVE_EVERY = 40, 5
FAILING = {"mode": "mixed", "ms": 20, "share": 0.3}
SHORTEST, LONGEST = 0.4, 3.0
"""Seconds between two kills."""

AT_THE_START = 0.2
"""The share of kills that do not wait until the one before is got over."""

REST_SECONDS = 90
SHOWN = 20


class Stage(NamedTuple):
    """Where an act is played."""

    folder: Path
    databases: Databases
    options: argparse.Namespace


def rampage(relay: Relay, chance: random.Random, kills: int) -> list[Kill]:
    """Kill at random moments; what is started again is started as an operator's init system would, at once."""
    done: list[Kill] = []
    supervisor = relay.start_all()
    for _ in range(kills):
        if chance.random() > AT_THE_START:
            relay.is_serving(30)
        time.sleep(chance.uniform(SHORTEST, LONGEST))
        what = chance.choice(VICTIMS)
        # `up` starts what died again by itself; a second death right after the first may find nobody there.
        wait_for(partial(_has_both, supervisor), 30)
        victims = below(supervisor.pid, what) if what != "everything" else [supervisor.pid, *below(supervisor.pid)]
        for pid in victims:
            kill(pid)
        moment, under_way = time.monotonic_ns(), 0
        if what != "web":
            under_way = evidence.sending(relay.database)
        done.append(Kill(moment, what, under_way))
        if what == "everything":
            supervisor.kill()
            supervisor = relay.start_all()
    return done


def run(database: Database, folder: Path, *, seed: int, kills: int, rate: float) -> Evidence:
    """One rampage and its aftermath."""
    bots = Bots(folder, seed=seed)
    bots.fault(**FAILING)  # type: ignore[arg-type] # a mode and numbers
    relay = Relay(database, bots, BOTS)
    load: Load | None = None
    try:
        relay.start_web()
        relay.end()
        load = Load(
            relay.url, folder, senders=16, count=1_000_000, seconds=3600, rate=rate, skip_late=1, issues=ISSUES,
            resolve_every=RESOLVE_EVERY, series=seed % 10_000,
        )  # fmt: skip
        done = rampage(relay, random.Random(seed), kills)
        time.sleep(1)
        load.stop()
        load.figures()
        bots.fault(mode="ok")
        wait_for(lambda: _is_at_rest(database), REST_SECONDS, pause=0.5)
        return evidence.collect(database, bots, load.calls, done)
    finally:
        if load is not None and not load.calls:
            load.stop()
        relay.end()
        bots.end()


def _has_both(supervisor: Process) -> bool:
    return bool(below(supervisor.pid, "web")) and bool(below(supervisor.pid, "worker"))


def _is_at_rest(database: Database) -> bool:
    evidence.hurry(database)
    return evidence.unfinished(database) == 0


def kills(stage: Stage, kind: str) -> list[str]:
    """The rampage; prints the sums, and returns what is wrong."""
    options = stage.options
    found = run(stage.databases.fresh(kind), stage.folder, seed=options.seed, kills=options.kills, rate=options.rate)
    wrong = violations(found)
    what = {victim: sum(kill.what == victim for kill in found.kills) for victim in VICTIMS}
    print(
        f"{kind}: {len(found.kills)} kills {what}; {len(found.calls)} calls, {len(found.acknowledged)} acknowledged, "
        f"{len(found.inbounds)} stored; {len(found.deliveries)} deliveries, {len(found.seen)} messages, "
        f"{len(found.accepted)} taken, {duplicates(found).total()} duplicates "
        f"(at most {sum(kill.sending for kill in found.kills)}); {len(wrong)} violations",
        flush=True,
    )
    return wrong


def upgrade(stage: Stage, kind: str) -> list[str]:
    """The upgrade from the release before; prints what came of it, and returns what is wrong."""
    commit = release.previous()
    if not commit:
        print(f"{kind}: no upgrade, because the history that holds the release before is not here", flush=True)
        return []
    databases = Databases(stage.folder / f"upgrade_{kind}", root=release.lay_out(commit, stage.folder / f"old_{kind}"))
    try:
        return _told(kind, "upgrade", rolling.upgrade(databases.fresh(kind), stage.folder, seed=stage.options.seed))
    finally:
        databases.close()


def hosts(stage: Stage, kind: str) -> list[str]:
    """Two hosts replaced one after the other; prints what came of it, and returns what is wrong."""
    if kind != POSTGRES:
        return []
    return _told(kind, "hosts", rolling.two_hosts(stage.databases.fresh(kind), stage.folder, seed=stage.options.seed))


def in_order(stage: Stage, kind: str) -> list[str]:
    """Events through several workers while sends fail; prints the sums, and returns what is wrong."""
    options = stage.options
    database = stage.databases.fresh(kind)
    found = order.run(database, stage.folder, kind=kind, seed=options.seed, events=options.events)
    wrong = violations(found)
    print(
        f"{kind}: {len(found.calls)} events in order, {len(found.acknowledged)} acknowledged, "
        f"{len(found.deliveries)} deliveries, {len(found.seen)} messages, {len(found.accepted)} taken, "
        f"{duplicates(found).total()} duplicates; {len(wrong)} violations",
        flush=True,
    )
    return wrong


def _told(kind: str, act: str, outcome: rolling.Outcome) -> list[str]:
    found, wrong = outcome.found, outcome.problems
    print(
        f"{kind}: {act} {outcome.said}; {len(found.calls)} calls, {len(found.acknowledged)} acknowledged, "
        f"slowest {outcome.worst:.0f} ms, {len(found.inbounds)} stored, {len(found.accepted)} messages taken, "
        f"{duplicates(found).total()} duplicates; {len(wrong)} violations",
        flush=True,
    )
    return wrong


def show(wrong: list[str]) -> list[str]:
    """Print what is wrong, and return it."""
    for line in wrong[:SHOWN]:
        print(f"  VIOLATION {line}")
    if len(wrong) > SHOWN:
        print(f"  and {len(wrong) - SHOWN} more")
    return wrong


ACTS = {"kills": kills, "upgrade": upgrade, "hosts": hosts, "order": in_order}


def main() -> int:
    """Run as told by the arguments; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--events", type=int, default=1000, help="of the act `order`")
    parser.add_argument("--rate", type=float, default=40, help="webhooks a second")
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--only", choices=ACTS, action="append")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and databases")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="relay-chaos-"))
    print(
        f"seed {options.seed}; repeat with: python -m bench.chaos --seed {options.seed} --kills {options.kills}",
        flush=True,
    )
    stage = Stage(folder, Databases(folder), options)
    wrong: list[str] = []
    try:
        for kind in options.database or KINDS:
            for act in options.only or ACTS:
                wrong += show(ACTS[act](stage, kind))
    finally:
        stage.databases.close()
        if options.keep:
            print(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
