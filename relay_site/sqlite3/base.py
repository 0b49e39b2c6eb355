"""The database backend: found by Django under this name."""

import sqlite3
from time import monotonic, sleep

from django.db import OperationalError
from django.db.backends.sqlite3 import base

STEP_SECONDS = 0.003
"""Between two tries for the write lock. SQLite itself soon sleeps a tenth of a second between them: beside a process
that commits all the time it comes too late again and again, and waits for seconds for a lock that is free every few
milliseconds."""

_PRIMARY_CODE = 0xFF


class DatabaseWrapper(base.DatabaseWrapper):
    """A transaction waits for the write lock as long as `busy_timeout` says, but looks more often."""

    def _start_transaction_under_autocommit(self) -> None:
        patience = self.connection.execute("PRAGMA busy_timeout").fetchone()[0]
        ends = monotonic() + patience / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._has_begun(is_last=monotonic() >= ends):
                sleep(STEP_SECONDS)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _has_begun(self, *, is_last: bool) -> bool:
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc] # Django's own, unknown to its stubs
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlite_errorcode", 0)
            if is_last or code & _PRIMARY_CODE != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True
