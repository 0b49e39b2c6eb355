"""The engine as it runs: threads, real time, real connections, and ends of every kind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, connection
from django.utils import timezone
from werkzeug import Response

from routing.models import Attempt, Delivery, Worker
from routing.services.delivering import deliver
from routing.services.engine import loop
from routing.services.engine.clock import DatabaseClock
from routing.services.engine.loop import Engine
from routing.services.engine.waking import notify_workers
from tests.routing.services.engine.conftest import BAD_SIGNATURE, FAILING, ok
from tests.routing.services.engine.storage import store

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
START_SECONDS = 60
"""In which a process has loaded Django on the slowest machine."""


def until(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Look again and again; True as soon as it holds."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.005)
    return holds()


@pytest.fixture
def only_when_woken(monkeypatch) -> None:
    """Without news the engine looks once a minute, so that what happens sooner was news to it."""
    monkeypatch.setattr(loop, "LONGEST_LOOK_SECONDS", 60)


@pytest.fixture
def make_engine(door) -> Iterator[Callable[..., Engine]]:
    running: list[tuple[Engine, threading.Thread]] = []

    def run(engine: Engine) -> None:
        engine.run()
        connection.close()

    def make(*, slots: int = 8, start: bool = True) -> Engine:
        clock = DatabaseClock()
        send = partial(deliver, door=door, clock=clock)
        engine = Engine(slots=slots, interval=0.01, send=send, clock=clock)
        if start:
            thread = threading.Thread(target=run, args=[engine])
            thread.start()
            running.append((engine, thread))
        return engine

    yield make
    for engine, thread in running:
        engine.stop()
        thread.join()


def delivered() -> int:
    return Delivery.objects.filter(status="delivered").count()


def test_what_is_stored_while_the_engine_idles_wakes_it(team, bots, make_engine, only_when_woken):
    make_engine()
    assert until(lambda: Worker.objects.exists())
    time.sleep(0.3)
    store(team, now=timezone.now())
    notify_workers()
    assert until(lambda: delivered() == 1)


def test_retries_need_nobody_to_wake_the_engine(team, bots, make_engine, only_when_woken):
    bots.will("team", FAILING)
    store(team, now=timezone.now())
    make_engine()
    assert until(lambda: delivered() == 1)
    first, second = Attempt.objects.values_list("started_at", flat=True)
    assert (second - first).total_seconds() > 0.7


def test_a_fallback_is_told_and_noted_without_waiting(make_target, bots, make_engine, only_when_woken):
    team = make_target("team", fallback=make_target("duty"))
    bots.will("team", BAD_SIGNATURE)
    store(team, now=timezone.now())
    make_engine()
    assert until(lambda: bool(bots.told("duty")))


def test_one_target_that_hangs_does_not_slow_down_the_others(make_target, bots, make_engine):
    hanging, healthy = make_target("hanging"), make_target("healthy")
    released = threading.Event()

    def hang() -> Response:
        released.wait(60)
        return ok()

    bots.will("hanging", *[hang] * 50)
    for number in range(50):
        store(hanging, key=f"issue-{number}", now=timezone.now())
    make_engine(slots=16)
    assert until(lambda: len(bots.told("hanging")) == 2)
    for number in range(50):
        store(healthy, key=f"issue-{number}", now=timezone.now())
    notify_workers()
    assert until(lambda: delivered() == 50, seconds=30)
    assert len(bots.told("hanging")) == 2
    released.set()


def test_an_orderly_end_settles_what_is_under_way_and_leaves_the_rest(team, bots, make_engine):
    entered = threading.Event()

    def slow() -> Response:
        entered.set()
        time.sleep(0.5)
        return ok()

    bots.will("team", slow)
    engine = make_engine(slots=1)
    store(team, key="first", now=timezone.now())
    store(team, key="second", now=timezone.now())
    notify_workers()
    assert entered.wait(5)
    engine.stop()
    assert until(lambda: not Worker.objects.exists())
    assert list(Delivery.objects.order_by("id").values_list("status", "attempt_count")) == [
        ("delivered", 1),
        ("pending", 0),
    ]


def test_once_works_off_what_is_due_and_returns(make_target, bots, make_engine):
    team = make_target("team", limits=(20, 0))
    for number in range(5):
        store(team, key=f"issue-{number}", now=timezone.now())
    later = store(team, key="later", now=timezone.now(), due_at=timezone.now() + timezone.timedelta(hours=1))
    make_engine(start=False).work_off()
    assert delivered() == 5
    later.refresh_from_db()
    assert later.status == "pending"
    assert not Worker.objects.exists()


def test_a_database_that_goes_away_for_a_while_ends_nothing(team, bots, make_engine, monkeypatch):
    from routing.services.engine import flights

    away = threading.Event()
    settle, fell_over = flights.settle, threading.Event()

    def failing_settle(*args: object, **kwargs: object) -> object:
        if away.is_set():
            fell_over.set()
            raise DatabaseError("the connection is lost")
        return settle(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(flights, "settle", failing_settle)
    away.set()
    make_engine()
    store(team, now=timezone.now())
    notify_workers()
    assert fell_over.wait(5)
    away.clear()
    assert until(lambda: delivered() == 1)
    assert len(bots.calls) == 1


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs Postgres: SQLite has one worker")
def test_two_engines_share_the_work_and_never_exceed_a_limit(make_target, bots, make_engine):
    limited, free = make_target("limited", limits=(20, 0)), make_target("free")
    for number in range(15):
        store(limited, key=f"issue-{number}", now=timezone.now())
    for number in range(200):
        store(free, key=f"issue-{number}", now=timezone.now())
    make_engine()
    make_engine()
    assert until(lambda: delivered() == 215, seconds=60)
    assert len(bots.calls) == 215
    assert not Attempt.objects.exclude(outcome="sent").exists()
    moments = sorted(Attempt.objects.filter(delivery__target=limited).values_list("started_at", flat=True))
    assert len(moments) == 15
    span = (moments[-1] - moments[0]).total_seconds()
    assert span > 14 * 0.95 / 20


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs Postgres: connections are killed there")
def test_the_engine_outlives_its_connections(team, bots, make_engine):
    make_engine()
    assert until(lambda: Worker.objects.exists())
    for round_ in range(3):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        store(team, key=f"issue-{round_}", now=timezone.now())
        notify_workers()
        assert until(lambda: delivered() == round_ + 1)  # noqa: B023


@pytest.fixture
def start_worker() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts `manage.py worker` as a process of its own, on the test's database; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environment: str) -> subprocess.Popen[bytes]:
        database = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            url = f"sqlite:///{database}"
        else:
            url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
        process = subprocess.Popen(
            [sys.executable, "manage.py", "worker"],
            cwd=django_settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "SECRET_KEY": "x" * 50,
                "FIELD_KEYS": ",".join(django_settings.FIELD_KEYS),
                "EGRESS_ALLOWED_HOSTS": ",".join(django_settings.EGRESS_ALLOWED_HOSTS),
                "WORKER_THREADS": "4",
                **environment,
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


class TestProcess:
    """`manage.py worker` as a process of its own."""

    def test_what_a_killed_worker_was_sending_is_sent_by_the_next_one(self, team, bots, start_worker):
        entered, released = threading.Event(), threading.Event()

        def hang() -> Response:
            entered.set()
            released.wait(90)
            return ok()

        bots.will("team", hang)
        delivery = store(team, now=timezone.now())
        first = start_worker()
        assert entered.wait(START_SECONDS)
        first.kill()
        first.wait()
        second = start_worker()
        try:
            assert until(lambda: delivered() == 1, seconds=60)
        finally:
            released.set()
        second.terminate()
        assert second.wait(15) == 0
        delivery.refresh_from_db()
        assert delivery.maybe_duplicate
        assert list(delivery.attempts.values_list("outcome", flat=True)) == ["lost", "sent"]
        assert Worker.objects.count() == 0

    def test_a_terminated_worker_finishes_what_it_is_sending(self, team, bots, start_worker):
        entered = threading.Event()

        def slow() -> Response:
            entered.set()
            time.sleep(1)
            return ok()

        bots.will("team", slow)
        store(team, now=timezone.now())
        worker = start_worker()
        assert entered.wait(START_SECONDS)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(15) == 0
        assert delivered() == 1

    def test_a_worker_ends_with_the_process_that_started_it(self, start_worker):
        worker = start_worker(RELAY_PARENT_PID="1")
        assert worker.wait(START_SECONDS) == 0
