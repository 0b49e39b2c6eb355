"""A connection to Postgres that never waits longer than its thread has patience."""

from time import monotonic
from typing import Any

import psycopg

from routing.patience import seconds_left


class PatientConnection(psycopg.Connection[Any]):
    """Ends a wait for the server when the patience of the thread does, and is closed then: nobody knows what was done."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; raises OperationalError when patience ends."""
        left = seconds_left()
        if left is None or timeout is not None:
            return super().wait(gen, interval, timeout)
        ends = monotonic() + left
        try:
            return super().wait(gen, interval, left)
        except psycopg.OperationalError as error:
            if monotonic() < ends:
                raise
            self.pgconn.finish()
            raise psycopg.OperationalError("the database is silent") from error
