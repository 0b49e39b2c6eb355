"""`python -m bench.fill [--rows 1000000]`: fill the database that DATABASE_URL names with a long history.

Five connections, nine bots, one on-call integration, and as many received webhooks as asked for over half a year, with
deliveries, attempts and timelines in a realistic mix. Only an empty, migrated database is filled. Minutes, not hours.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django


def main() -> None:
    """Read the parameters, fill, and print what there is now."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="received webhooks")
    parser.add_argument("--days", type=int, default=180, help="over how many days")
    parser.add_argument(
        "--body-days", type=int, default=7, help="for how many of the last days original bodies are kept"
    )
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if options.rows < 1 or options.days < 1 or options.projects < 1:
        parser.error("--rows, --days and --projects take numbers from 1 on")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_site.settings")
    django.setup()
    began = time.monotonic()
    for name, count in fill(options).items():
        print(f"{name:<12} {count:>10,}")
    print(f"{'seconds':<12} {time.monotonic() - began:>10.0f}")


def fill(options: argparse.Namespace) -> dict[str, int]:
    """Fill the default database and return how many rows each table of the log got; ends the program where it is used."""
    from django.utils import timezone

    from bench.fill.history import History
    from bench.fill.setting import configure
    from bench.fill.tables import settle, unchecked
    from routing.models import Inbound, Target

    if Inbound.objects.exists() or Target.objects.exists():
        sys.exit("This database is in use: name an empty one with DATABASE_URL, and migrate it first.")
    now, chance = timezone.now(), random.Random(options.seed)
    with unchecked():
        history = History(
            setting=configure(chance, now, projects=options.projects),
            chance=chance,
            began=now - timedelta(days=options.days),
            now=now,
            rows=options.rows,
            body=_bodies(),
            body_days=options.body_days,
        )
        history.write(lambda done: sys.stderr.write(f"{done:,} webhooks ...\n"))
    settle(list(history.tables))
    return {model.__name__.lower(): table.written for model, table in history.tables.items()}


def _bodies() -> Callable[[Any], bytes]:
    """One sealed body a team, as sealing takes longer than all the rest."""
    from functools import cache

    from bench.bodies import Bodies
    from bench.fill.setting import TEAMS
    from routing.services.ingest.bodies import pack

    made = Bodies(secret="bench")

    @cache
    def of(team: int) -> bytes:
        _head, _, body = made.request(team, f"/{TEAMS[team]}", 80).partition(b"\r\n\r\n")
        return pack({"Sentry-Hook-Resource": "event_alert"}, body)

    return lambda problem: of(problem.team)


if __name__ == "__main__":
    main()
