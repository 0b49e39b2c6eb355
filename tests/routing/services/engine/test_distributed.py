"""Sending spread over hosts: a relay of ids, a broker that may be lost, and Celery workers, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.db import connection
from django.utils import timezone
from werkzeug import Response

from routing import checks
from routing.models import Attempt, Delivery, Worker
from tests.routing.services.engine.conftest import ok
from tests.routing.services.engine.storage import store
from tests.waiting import eventually

needs_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs Postgres: SQLite is on one host")
needs_redis = pytest.mark.skipif(
    "not os.environ.get('CI') and not __import__('shutil').which('redis-server')", reason="needs redis-server"
)


def delivered() -> int:
    return Delivery.objects.filter(status="delivered").count()


class Installation:
    """The processes of a distributed relay, on the database of the test."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.endswith("_FILE")},
            "DATABASE_URL": urlunsplit(database),
            "VAR_DIR": str(folder),
            "SECRET_KEY": "x" * 50,
            "FIELD_KEYS": ",".join(django_settings.FIELD_KEYS),
            "EGRESS_ALLOWED_HOSTS": ",".join(django_settings.EGRESS_ALLOWED_HOSTS),
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{self.port}/0",
            "WORKER_THREADS": "8",
        }

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=django_settings.BASE_DIR, env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def broker(self) -> "subprocess.Popen[bytes]":
        """A Redis with nothing in it."""
        process = self.start(
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.folder)
        )
        eventually(self._listens, why="redis-server does not listen")
        return process

    def relay(self) -> "subprocess.Popen[bytes]":
        return self.start(sys.executable, "manage.py", "worker")

    def celery(self, name: str = "one") -> "subprocess.Popen[bytes]":
        return self.start(
            sys.executable, "-m", "celery", "--app", "relay_site.celery", "worker", "--pool", "threads",
            "--hostname", f"{name}@%h", "--without-mingle", "--without-gossip", "--loglevel", "WARNING",
        )  # fmt: skip

    def _listens(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def installation(bots, tmp_path) -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(stack, tmp_path)


def slow(seconds: float) -> Callable[[], Response]:
    def answer() -> Response:
        time.sleep(seconds)
        return ok()

    return answer


@pytest.mark.postgres
@needs_postgres
@needs_redis
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestInstallation:
    def test_everything_is_sent_once_in_order_and_within_limits_by_two_celery_workers(
        self, make_target, bots, installation
    ):
        team, limited = make_target("team"), make_target("limited", limits=(10, 0))
        for number in range(100):
            store(team, key=f"issue-{number % 50}", resolved=number >= 50, now=timezone.now())
        for number in range(15):
            store(limited, key=f"issue-{number}", now=timezone.now())
        installation.broker()
        celeries = [installation.celery("one"), installation.celery("two")]
        relay = installation.relay()
        eventually(lambda: delivered() == 115, seconds=90)
        assert Counter(bot for bot, _ in bots.calls) == {"team": 100, "limited": 15}
        assert not Attempt.objects.exclude(outcome="sent").exists()
        assert set(Worker.objects.values_list("engine", "slots")) == {("relay", 0), ("celery", 8)}
        for number in range(50):
            firing, recovery = Attempt.objects.filter(
                delivery__target=team, delivery__alert_key=f"issue-{number}"
            ).order_by("delivery_id")
            assert firing.started_at < recovery.started_at
        moments = sorted(Attempt.objects.filter(delivery__target=limited).values_list("started_at", flat=True))
        assert (moments[-1] - moments[0]).total_seconds() > 14 * 0.95 / 10
        for process in (relay, *celeries):
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert not Worker.objects.exists()

    def test_a_broker_that_dies_with_all_that_it_held_loses_nothing(self, make_target, bots, installation):
        team = make_target("team")
        bots.will("team", *[slow(0.2)] * 80)
        for number in range(80):
            store(team, key=f"issue-{number}", now=timezone.now())
        broker = installation.broker()
        installation.celery()
        installation.relay()
        eventually(lambda: delivered() >= 10, seconds=60)
        broker.kill()
        broker.wait()
        assert delivered() < 80
        installation.broker()
        eventually(lambda: delivered() == 80, seconds=60)
        assert len(bots.calls) == 80
        assert not Delivery.objects.filter(maybe_duplicate=True).exists()

    def test_what_a_killed_celery_worker_was_sending_is_sent_by_another(self, team, bots, installation):
        entered, released = threading.Event(), threading.Event()

        def hang() -> Response:
            entered.set()
            released.wait(60)
            return ok()

        bots.will("team", hang)
        delivery = store(team, now=timezone.now())
        installation.broker()
        installation.relay()
        first = installation.celery()
        assert entered.wait(30)
        first.kill()
        first.wait()
        installation.celery("two")
        try:
            eventually(lambda: delivered() == 1, seconds=60)
        finally:
            released.set()
        delivery.refresh_from_db()
        assert delivery.maybe_duplicate
        assert list(delivery.attempts.values_list("outcome", flat=True)) == ["lost", "sent"]

    def test_a_target_that_hangs_leaves_celery_workers_to_the_others(self, make_target, bots, installation):
        hanging, healthy = make_target("hanging"), make_target("healthy")
        released = threading.Event()

        def hang() -> Response:
            released.wait(60)
            return ok()

        bots.will("hanging", *[hang] * 30)
        for number in range(30):
            store(hanging, key=f"issue-{number}", now=timezone.now())
        installation.broker()
        installation.celery()
        installation.relay()
        try:
            eventually(lambda: bool(bots.told("hanging")), seconds=60)
            for number in range(30):
                store(healthy, key=f"issue-{number}", now=timezone.now())
            eventually(lambda: delivered() == 30, seconds=15)
        finally:
            released.set()


class TestChecks:
    def test_a_broker_together_with_sqlite_is_refused_at_every_start(self, settings, monkeypatch):
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
        monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor="sqlite"))
        assert "routing.E003" in {message.id for message in run_checks()}
        monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor="postgresql"))
        assert "routing.E003" not in {message.id for message in run_checks()}

    def test_a_broker_without_celery_is_refused_with_the_name_of_the_extra(self, settings, monkeypatch):
        monkeypatch.setattr(checks, "find_spec", lambda name: None)
        assert "routing.E005" not in {message.id for message in run_checks()}
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
        (message,) = [message for message in run_checks() if message.id == "routing.E005"]
        assert "distributed" in str(message.hint)
