"""Brings the database and the static files up to date, one process at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import structlog
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

ADVISORY_LOCK = 4_703_221
"""Any number of ours: the key of the Postgres lock, shared by every host of one database."""

LOOK_SECONDS = 0.2

log = structlog.get_logger(__name__)


def wait_for_database(seconds: float) -> None:
    """Give a database that is starting this long; raises OperationalError when it still does not answer."""
    ends = monotonic() + seconds
    while True:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            if monotonic() > ends:
                raise
            log.warning("waiting for the database", why=str(error).strip())
            sleep(1)
        else:
            return


def bring_up_to_date() -> int:
    """Apply the missing migrations while others wait; returns how many."""
    with _alone():
        executor = MigrationExecutor(connection)
        missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if missing:
            call_command("migrate", interactive=False, verbosity=0)
        return missing


def collect_static_files() -> None:
    """Lay out the static files where the web process looks for them, unless that was done: pages fail without."""
    with _file_lock("static.lock"):
        if not staticfiles_storage.exists("staticfiles.json"):
            call_command("collectstatic", interactive=False, verbosity=0)


def disconnect() -> None:
    """Let go of the database, the threads of its pool included: a process that forks must have none."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined] # only Postgres has a pool


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor == "postgresql":
        # A statement that waits for the lock would keep a snapshot, and who has the lock waits for snapshots in turn
        # when it makes an index beside the writers.
        while not _answers("SELECT pg_try_advisory_lock(%s)"):
            sleep(LOOK_SECONDS)
        try:
            yield
        finally:
            _answers("SELECT pg_advisory_unlock(%s)")
        return
    with _file_lock("migrate.lock"):
        yield


def _answers(statement: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, [ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])


@contextmanager
def _file_lock(name: str) -> Iterator[None]:
    """Held by one process of this machine at a time; let go of when the process ends, however it ends."""
    with (settings.VAR_DIR / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
