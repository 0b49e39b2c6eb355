"""Our SQLite backend waits for the write lock in short steps."""

import sqlite3
from pathlib import Path

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

pytestmark = pytest.mark.django_db  # pytest-django lets nobody connect otherwise


def test_a_transaction_waits_for_the_lock_as_long_as_it_is_told_and_begins_once_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "relay.sqlite3"
    options = {"transaction_mode": "IMMEDIATE", "timeout": 0.05}
    ours = ConnectionHandler({"default": {"ENGINE": "relay_site.sqlite3", "NAME": file, "OPTIONS": options}})["default"]
    other = sqlite3.connect(file, isolation_level=None)
    try:
        ours.ensure_connection()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            ours._start_transaction_under_autocommit()
        assert ours.connection.execute("PRAGMA busy_timeout").fetchone() == (50,)
        other.execute("ROLLBACK")
        ours._start_transaction_under_autocommit()
        assert ours.connection.in_transaction
    finally:
        ours.close()
        other.close()
