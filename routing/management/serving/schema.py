"""Brings the database and the static files up to date, one process at a time."""

import fcntl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import structlog
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

ADVISORY_LOCK = 4_703_221
"""Any number of ours: the key of the Postgres lock, shared by every host of one database."""

LOOK_SECONDS = 0.2

COLLECT = (sys.executable, settings.BASE_DIR / "manage.py", "collectstatic", "--noinput", "--verbosity", "0")

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


@contextmanager
def static_files_laid_out() -> Iterator[None]:
    """Lay out the static files where the web process looks for them, unless that was done: pages fail without.

    A process of its own does it while the block runs, and the context ends when both have; raises CommandError.
    """
    with _file_lock("static.lock"):
        if staticfiles_storage.exists("staticfiles.json"):
            yield
            return
        with subprocess.Popen(COLLECT, stdin=subprocess.DEVNULL) as collecting:  # noqa: S603 - our own command
            try:
                yield
            except BaseException:
                collecting.terminate()
                raise
        if collecting.returncode:
            raise CommandError(_("The static files could not be laid out in %s.") % settings.STATIC_ROOT)


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
