"""Turns DATABASE_URL into Django's setting, with the options that the promises of durability and speed need."""

from pathlib import Path
from typing import Any

from relay_site.environment import env, secret

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000;"
)
SQLITE_LOCK_SECONDS = 20
POOL_WAIT_SECONDS = 0.7
POOL_SIZE = 20
RECONNECT_SECONDS = 1.0
"""After so long the pool forgets a connection that it could not make, and whoever comes next tries at once. Left alone it
tries ever more seldom for five minutes, and webhooks are refused for as long again as the server was away."""
LOST_NETWORK = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A server whose network is gone never says so: a worker that waits for it gives up after so long (libpq's names)."""


def database(folder: Path) -> dict[str, Any]:
    """The default database: an SQLite file in `folder` unless DATABASE_URL names another."""
    folder.mkdir(parents=True, exist_ok=True)
    url = secret("DATABASE_URL") or f"sqlite:///{folder / 'relay.sqlite3'}"
    config: dict[str, Any] = env.db_url_config(url)
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = "relay_site.sqlite3"
        config["TEST"] = {"NAME": str(folder / "test.sqlite3")}
        config["CONN_MAX_AGE"] = None  # opening a file again, with its pragmas, costs more than a webhook
        options.update(transaction_mode="IMMEDIATE", timeout=SQLITE_LOCK_SECONDS, init_command=SQLITE_PRAGMAS)
    else:
        from relay_site.postgres import PatientConnection

        options["pool"] = {
            "min_size": 1,
            "max_size": POOL_SIZE,
            "timeout": POOL_WAIT_SECONDS,
            "reconnect_timeout": RECONNECT_SECONDS,
            "connection_class": PatientConnection,
        }
        config["CONN_HEALTH_CHECKS"] = True
        config["CONN_MAX_AGE"] = 0
        options.update({"connect_timeout": 2, **LOST_NETWORK, **options})
    return config
