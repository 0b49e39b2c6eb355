#!/usr/bin/env python3
"""Copies a running relay's SQLite file: backup-sqlite.py var/relay.sqlite3 /backup/relay.sqlite3

The copy is one moment's state, checked before it takes the place of an older one. Webhooks go on being stored meanwhile:
`VACUUM INTO` reads in one transaction, and readers do not block the writer. Copying the file with cp is no backup.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def back_up(source: Path, destination: Path) -> int:
    """Write the copy, readable by its owner only; returns its bytes. Raises sqlite3.Error, and then leaves no copy."""
    fresh = destination.with_name(f"{destination.name}.new")
    fresh.unlink(missing_ok=True)
    os.umask(0o077)
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as database:
            database.execute("VACUUM INTO ?", [str(fresh)])
        with closing(sqlite3.connect(fresh)) as copy:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is damaged: {verdict}")
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(destination)
    finally:
        fresh.unlink(missing_ok=True)
    return destination.stat().st_size


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(back_up(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201 - it is the answer
