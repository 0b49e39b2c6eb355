"""`python -m bench.pages`: time every page of the log, the dashboard and the API over the database that DATABASE_URL names.

Each page is asked for several times, as an administrator and whole: queries, templates and middleware, without the network;
where it leads on to another page, that one's time counts, too. Prints the median and the worst of each in milliseconds with
its number of queries, and the conditions. The first, cold round of each counts; what the process loads at its very first page
is told apart. Fill a database with `python -m bench.fill` first, and run `manage.py collectstatic`.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import django

from bench.pages.addresses import Page, administrator, pages

MOST_MS = 300


class Figure(NamedTuple):
    """What a page took, in milliseconds."""

    page: Page
    median: float
    worst: float
    cpu: float
    """Of this process alone, the median: what is left on a machine with nothing else to do, without the database."""
    database: float
    """CPU of its connection's Postgres process for one answer, the mean; 0 where it is on another machine."""
    queries: int

    def line(self) -> str:
        """As a line of the report."""
        figures = [self.median, self.worst, self.cpu, self.database]
        cells = [f"**{figure:.0f}**" if figure > MOST_MS else f"{figure:.0f}" for figure in figures]
        return f"| {self.page.name:<52} | {' | '.join(cells)} | {self.queries} |"


def main() -> None:
    """Time the pages and print them, the slowest first; exit 1 when a median is longer than allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="pages whose names contain this")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "relay_site.settings")
    django.setup()
    first = _settle_in()
    found = []
    for page in pages():
        if options.only in page.name:
            found.append(time_page(page, options.rounds))
            sys.stderr.write(f"{found[-1].worst:8.0f} ms  {page.name}\n")
    found.sort(key=lambda figure: -figure.worst)
    print(f"{conditions(options.rounds)}; the process's first page: {first:.0f} ms")
    print(f"\n| {'page':<52} | median | worst | CPU | database | queries |\n|{'-' * 54}|---:|---:|---:|---:|---:|")
    for figure in found:
        print(figure.line())
    late = [figure for figure in found if figure.median > MOST_MS]
    cold = [figure for figure in found if figure.worst > MOST_MS]
    print(f"\n{len(found)} pages, {len(late)} with a median over {MOST_MS} ms, {len(cold)} with a worst over it")
    sys.exit(1 if late else 0)


def _settle_in() -> float:
    """Load what the first page of a process loads, as a web process has it after its first one; in milliseconds."""
    from routing.management.serving.collecting import settle_in

    _look_for_static_files()
    began = time.perf_counter()
    _client(Page("", "/admin/")).get("/admin/")
    first = (time.perf_counter() - began) * 1000
    settle_in()
    return first


def _look_for_static_files() -> None:
    """Exit with what to do when pages cannot name their style sheets."""
    from django.contrib.staticfiles.storage import staticfiles_storage

    try:
        staticfiles_storage.url("admin/css/base.css")
    except ValueError:
        sys.exit("Static files are not collected: run `python manage.py collectstatic --noinput` first.")


def _client(page: Page) -> Any:
    from django.test import Client

    headers = {"Accept-Language": "zh-CN", **_token(page)}
    client = Client(SERVER_NAME="localhost", headers=headers, raise_request_exception=False)
    if not page.path.startswith("/api/"):
        client.force_login(administrator())
    return client


def time_page(page: Page, rounds: int) -> Figure:
    """Ask for a page several times; one that is not answered with a page takes for ever."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = _client(page)
    taken, worked, database_began = [], [], _database_seconds()
    for _round in range(rounds):
        began, began_working = time.perf_counter(), time.process_time()
        answer = client.get(page.path, follow=True)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - began_working) * 1000)
        if answer.status_code != 200:
            sys.stderr.write(f"{page.name}: {page.path} is answered {answer.status_code}\n")
            return Figure(page, float("inf"), float("inf"), 0, 0, 0)
    database = (_database_seconds() - database_began) * 1000 / rounds
    with CaptureQueriesContext(connection) as asked:
        client.get(page.path, follow=True)
    return Figure(page, statistics.median(taken), max(taken), statistics.median(worked), database, len(asked))


def _database_seconds() -> float:
    """Processor time that this connection's Postgres process has taken until now; 0 where it cannot be seen."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _token(page: Page) -> dict[str, str]:
    """The header of an API call."""
    from routing.models import ApiToken
    from routing.services.setup import tokens

    if not page.path.startswith("/api/"):
        return {}
    ApiToken.objects.filter(name="bench-pages").delete()
    _row, text = tokens.create(name="bench-pages", role="viewer", expires_at=None)
    return {"Authorization": f"Bearer {text}"}


def conditions(rounds: int) -> str:
    """What was measured on."""
    from django.db import connection

    from routing.models import Attempt, Delivery, Inbound, Thread

    counts = ", ".join(
        f"{model.objects.count():,} {model._meta.model_name}" for model in (Inbound, Delivery, Attempt, Thread)
    )
    load, cores = os.getloadavg()[0], os.cpu_count()
    return f"{connection.vendor}; rows: {counts}; {rounds} rounds; {cores} cores, load {load:.1f}; Python {sys.version.split()[0]}"


if __name__ == "__main__":
    main()
