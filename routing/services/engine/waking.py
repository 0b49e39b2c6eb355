"""How workers learn that something is due: a notification on Postgres, a changed file on SQLite."""

import threading
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError, connection

CHANNEL = "relay_due"
_RECONNECT_SECONDS = 1.0
log = structlog.get_logger(__name__)


def notify_workers() -> None:
    """Wake the workers once the current transaction is committed; without one, at once.

    Postgres drops repeated notifications of one transaction. On SQLite there is nothing to say: workers see the commit.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


class ChangeWatch:
    """SQLite: whether any other connection has committed since the last look. A look takes no lock."""

    def __init__(self) -> None:
        self._version: int | None = None

    def has_changed(self) -> bool:
        """True at the first look, and whenever somebody else committed since the one before; raises DatabaseError."""
        connection.ensure_connection()
        with connection.wrap_database_errors:
            # The driver itself: a hundred looks a second through a cursor of Django's would cost ten times as much.
            version = int(connection.connection.execute("PRAGMA data_version").fetchone()[0])
        changed, self._version = version != self._version, version
        return changed


class Listener:
    """Postgres: calls `wake` for every notification, from a thread with a connection of its own that reconnects."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread within a second."""
        self._stopping.set()
        self._thread.join(timeout=_RECONNECT_SECONDS * 2)

    def _run(self) -> None:
        driver: Any = connection.Database  # type: ignore[attr-defined] # loading psycopg is nothing for those who have SQLite
        while not self._stopping.is_set():
            try:
                self._listen(driver)
            except (driver.Error, DatabaseError, OSError) as error:
                log.warning("listening_interrupted", error=type(error).__name__)
                self._stopping.wait(_RECONNECT_SECONDS)

    def _listen(self, driver: Any) -> None:
        params = connection.get_connection_params()
        for ours in ("cursor_factory", "context", "prepare_threshold"):
            params.pop(ours, None)
        with driver.connect(**params, autocommit=True) as listening:
            listening.execute(f"LISTEN {CHANNEL}")
            self._wake()
            while not self._stopping.is_set():
                for _notification in listening.notifies(timeout=_RECONNECT_SECONDS, stop_after=1):
                    self._wake()
