"""`make chaos`, or `python -m bench.chaos [--seed S] [--kills N] [--database sqlite|postgres] [--only ACT]`.

`kills` runs `manage.py up` under signed load with three bots that fail three times in ten, kills the web process, the
worker or everything at seeded random moments, lets it all come to rest, and checks. `celery` does so with a broker and two
Celery workers, which it kills as well (Postgres, and redis-server installed). `burst` takes `--events` to one Feishu bot with
its real limits, and now and then one to another bot. `upgrade` starts the release before
this one, and upgrades it under load; `hosts` replaces two hosts behind a proxy; `order` takes `--events` through four
workers (one on SQLite) while three sends in ten fail. Exit code 1 when a promise was broken.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bench import broker
from bench.chaos import burst, kills, order, release, rolling
from bench.chaos.checker import Evidence, duplicates, violations
from bench.databases import KINDS, POSTGRES, Databases

SHOWN = 20


class Stage(NamedTuple):
    """Where an act is played."""

    folder: Path
    databases: Databases
    options: argparse.Namespace


def kill_on_one_host(stage: Stage, kind: str) -> list[str]:
    """The rampage; prints the sums, and returns what is wrong."""
    options, database = stage.options, stage.databases.fresh(kind)
    found = kills.on_one_host(database, stage.folder, seed=options.seed, kills=options.kills, rate=options.rate)
    return _counted(kind, "kills", found)


def kill_with_celery(stage: Stage, kind: str) -> list[str]:
    """The rampage with a broker and Celery workers; prints the sums, and returns what is wrong."""
    if kind != POSTGRES:
        return []
    if not broker.is_here():
        print(f"{kind}: no kills with Celery, because there is no redis-server here", flush=True)
        return []
    options, database = stage.options, stage.databases.fresh(kind)
    found = kills.with_celery(database, stage.folder, seed=options.seed, kills=options.kills, rate=options.rate)
    return _counted(kind, "kills with Celery", found)


def storm(stage: Stage, kind: str) -> list[str]:
    """Very many events for one bot; prints the sums, and returns what is wrong."""
    options = stage.options
    found = burst.run(stage.databases.fresh(kind), stage.folder, seed=options.seed, events=options.events)
    wrong, calls = found.problems, found.found.calls
    print(
        f"{kind}: burst of {options.events}: {len(found.found.acknowledged)} of {len(calls)} calls acknowledged, "
        f"answers {dict(Counter(call.status for call in calls))}, slowest {found.slowest_answer * 1000:.0f} ms; "
        f"{len(found.storm)} messages, {len(found.digests)} digests of {sum(one.total for one in found.digests)} alerts, "
        f"quiet {found.quiet_after:.1f} s after the last answer; {len(found.delays)} alerts for the other bot, "
        f"slowest {max(found.delays, default=0):.2f} s; {len(wrong)} violations",
        flush=True,
    )
    return wrong


def _counted(kind: str, act: str, found: Evidence) -> list[str]:
    wrong = violations(found)
    what = dict(Counter(kill.what for kill in found.kills))
    print(
        f"{kind}: {len(found.kills)} {act} {what}; {len(found.calls)} calls, {len(found.acknowledged)} acknowledged, "
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


ACTS = {
    "kills": kill_on_one_host,
    "celery": kill_with_celery,
    "burst": storm,
    "upgrade": upgrade,
    "hosts": hosts,
    "order": in_order,
}


def main() -> int:
    """Run as told by the arguments; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--events", type=int, default=1000, help="of the acts `order` and `burst`")
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
