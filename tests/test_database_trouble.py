"""A real Postgres that freezes, crashes and goes away under a real web process: 503 in time, and all is well again."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import monotonic

import pytest

from bench.bodies import Bodies
from bench.bots import Bots
from bench.databases import CLIENT_SECRET, HOOK_KEY, POSTGRES, Database, Databases
from bench.processes import below
from bench.relay import Relay
from tests.asking import ask
from tests.waiting import eventually

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
]
DEADLINE_SECONDS = 0.9
TRIES = 5
RECOVERY_SECONDS = 120
"""The server's own recovery takes most of it where the disk is busy."""


class Stage:
    """A web process, its Postgres, and what callers were told."""

    def __init__(self, databases: Databases, database: Database, relay: Relay) -> None:
        self.databases, self.database, self.relay = databases, database, relay
        self.acknowledged: set[int] = set()
        self.started: list[subprocess.Popen[bytes]] = []
        """Servers that were started again."""

        self._bodies, self._numbers = Bodies(secret=CLIENT_SECRET), count()

    def call(self) -> tuple[int, float]:
        """(status, seconds) of one signed webhook."""
        number, path = next(self._numbers), f"/webhooks/sentry/{HOOK_KEY}/"
        head, _, body = self._bodies.request(number, path, self.relay.port).partition(b"\r\n\r\n")
        lines = [line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:]]
        headers = {name: value for name, value in lines if name not in {"host", "content-length"}}
        began = monotonic()
        status, _ = ask(self.relay.port, path, method="POST", headers=headers, body=body)
        if status == 202:
            self.acknowledged.add(number)
        return status, monotonic() - began

    def refused(self) -> list[tuple[int, float]]:
        """(status, seconds) of some calls, without what this machine needs just now for an answer without a database."""
        answers = []
        for _ in range(TRIES):
            began = monotonic()
            assert ask(self.relay.port, "/health/live")[0] == 200
            idle = monotonic() - began
            status, took = self.call()
            answers.append((status, took - idle))
        return answers

    def recovers(self) -> bool:
        """Whether webhooks are stored again, without anybody's doing, and everything acknowledged is there."""
        eventually(lambda: self.call()[0] == 202, RECOVERY_SECONDS, "it did not recover by itself")
        titles = [title for (title,) in self.database.rows("SELECT title FROM routing_inbound")]
        return all(any(f"m{number:08}x" in title for title in titles) for number in self.acknowledged)

    def server(self) -> int:
        """The process of the Postgres server."""
        return self.databases.server_processes()[0]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("trouble")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    databases, bots = Databases(folder), Bots(folder)
    database = databases.fresh(POSTGRES)
    relay = Relay(database, bots, ("bot0",))
    stage = Stage(databases, database, relay)
    try:
        relay.start_web()
        yield stage
    finally:
        relay.end()
        bots.end()
        for server in stage.started:
            server.send_signal(signal.SIGINT)
            server.wait(60)
        databases.close()


@pytest.fixture(autouse=True)
def calm(stage: Stage) -> None:
    """Every test begins with a relay that stores."""
    eventually(lambda: stage.call()[0] == 202, RECOVERY_SECONDS)


def assert_refused_in_time(answers: list[tuple[int, float]]) -> None:
    """All refused, and so that a caller who waits a second hears it."""
    assert {status for status, _ in answers} == {503}
    assert min(took for _, took in answers) < DEADLINE_SECONDS, answers


@contextmanager
def frozen(stage: Stage) -> Iterator[None]:
    """The server and everything below it stand still: connections stay open, and nobody answers."""
    pids = [stage.server(), *below(stage.server())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def away(stage: Stage) -> Iterator[None]:
    """The server is not there, as after a power cut; it is started again as it was."""
    pid = stage.server()
    folder = Path(f"/proc/{pid}/cwd").resolve()
    command = shlex.split((folder / "postmaster.opts").read_text())
    os.kill(pid, signal.SIGQUIT)  # an immediate shutdown
    eventually(lambda: not (folder / "postmaster.pid").exists())
    try:
        yield
    finally:
        with (folder / "log").open("ab") as log:
            started = subprocess.Popen(
                command, cwd=folder, user=folder.stat().st_uid, stdout=log, stderr=log, start_new_session=True
            )
        stage.started.append(started)


def test_a_frozen_server_is_answered_503_in_time_and_thawed_all_is_well(stage: Stage) -> None:
    with frozen(stage):
        assert_refused_in_time(stage.refused())
        status, _ = ask(stage.relay.port, "/health/ready")
        assert status == 503
    assert stage.recovers()


def test_a_server_that_is_away_is_answered_503_in_time_and_back_all_is_well(stage: Stage) -> None:
    with away(stage):
        assert_refused_in_time(stage.refused())
    assert stage.recovers()


def test_a_server_that_crashes_and_restarts_its_processes_costs_nothing_that_was_acknowledged(stage: Stage) -> None:
    for _ in range(2):
        eventually(lambda: stage.call()[0] == 202, RECOVERY_SECONDS)
        busy = stage.database.rows(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        os.kill(int(busy[0][0]), signal.SIGKILL)
        assert {stage.call()[0] for _ in range(TRIES)} <= {202, 503}
    assert stage.recovers()
