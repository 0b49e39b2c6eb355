"""Database trouble: the answer comes in time, nothing acknowledged is lost, and all recovers by itself."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from time import monotonic

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from routing.models import Delivery, Inbound, QuarantinedCall
from routing.services.deciding import decide_waiting
from routing.services.storing import writer, writing
from routing.services.storing.writer import Errand, HeldUp, Unavailable, Webhook, Writer
from tests.routing.calls import make_rule, make_source, make_target, post, send, sentry_call, signed
from tests.routing.services.storing.test_transaction import prepared
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

_HOLD_SQLITE = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
held.execute("ROLLBACK")
"""


@pytest.fixture(autouse=True)
def soon_at_rest(monkeypatch) -> None:
    """The writers that these tests make let go of their connections when they are done."""
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.05)


@pytest.fixture
def on_sqlite() -> None:
    """These tests are about SQLite's one writer."""
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite alone")


@pytest.fixture
def on_postgres() -> None:
    """These tests are about locks of single rows."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no locks of rows")


@contextmanager
def locked_by_another_process() -> Iterator[None]:
    """Another process holds the lock that every write needs."""
    if connection.vendor == "postgresql":
        with locked_postgres():
            yield
        return
    command = [sys.executable, "-c", _HOLD_SQLITE, str(connection.settings_dict["NAME"])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        try:
            yield
        finally:
            holder.communicate()


@contextmanager
def locked_postgres(what: str = "LOCK TABLE routing_inbound IN EXCLUSIVE MODE") -> Iterator[None]:
    params = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(ours, None)
    with psycopg.connect(**params) as other:
        other.execute(what.encode())
        yield
        other.rollback()


@pytest.mark.in_time
@pytest.mark.alone
def test_while_another_process_holds_the_lock_the_answer_is_503_within_900_ms_and_then_all_is_well():
    make_source()
    make_rule("all", make_target())
    assert send().status_code == 202
    with locked_by_another_process():
        began = monotonic()
        answer = send(issue_id="4200")
        took = monotonic() - began
    assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")
    assert took < 0.9
    assert send(issue_id="4300").status_code == 202


@pytest.mark.in_time
def test_what_could_not_be_stored_in_time_is_stored_once_it_can_be(on_sqlite):
    make_source()
    make_rule("all", make_target())
    headers, body = sentry_call()
    with locked_by_another_process():
        assert post("/webhooks/sentry/k-acme/", signed(headers, body), body).status_code == 503
    eventually(lambda: Inbound.objects.count() == 1)
    again = post("/webhooks/sentry/k-acme/", signed(headers, body), body).json()
    assert again["status"] == "duplicate"
    assert Delivery.objects.count() == 1


@pytest.mark.in_time
def test_a_refusal_is_answered_as_trouble_when_it_cannot_be_kept():
    make_source()
    send()
    if connection.vendor == "postgresql":
        pytest.skip("only the table of inbounds is locked there")
    with locked_by_another_process():
        assert send(secret="wrong").status_code == 503
    eventually(lambda: QuarantinedCall.objects.count() == 1)


def test_what_waits_is_committed_together_and_in_order():
    make_source()
    make_rule("all", make_target())
    units = [Webhook(prepared(issue_id=str(number))) for number in range(1, 20)]
    one_by_one = Writer()
    hold, begun = Event(), Event()

    def block() -> None:
        begun.set()
        hold.wait(5)

    one_by_one.submit(Errand(block))
    begun.wait(5)
    for unit in units:
        one_by_one.submit(unit)
    hold.set()
    receipts = [unit.done.result(timeout=30) for unit in units]
    assert [receipt.status for receipt in receipts] == ["routed"] * 19
    assert [receipt.id for receipt in receipts] == sorted(receipt.id for receipt in receipts)


def test_a_webhook_that_cannot_be_stored_fails_its_own_caller_only():
    make_source()
    homeless = replace(prepared(), source_id=10**9)
    with ThreadPoolExecutor(2) as callers:
        bad, good = (
            callers.submit(writing.write, one, until=monotonic() + 5) for one in (homeless, prepared(issue_id="9"))
        )
    assert isinstance(bad.exception(), Exception)
    assert good.result().status == "unrouted"


def written_together(units: list[Webhook]) -> None:
    """Have a writer take all of them at once."""
    busy, hold, begun = Writer(), Event(), Event()

    def block() -> None:
        begun.set()
        hold.wait(5)

    busy.submit(Errand(block))
    begun.wait(5)
    for unit in units:
        busy.submit(unit)
    hold.set()


def test_a_locked_thread_refuses_nobody_and_its_webhook_is_left_to_the_worker(on_postgres):
    make_source()
    make_rule("all", make_target())
    assert send(issue_id="1").status_code == 202
    units = [Webhook(prepared(issue_id=str(number))) for number in (2, 1, 3)]
    with locked_postgres("SELECT 1 FROM routing_thread FOR UPDATE"):
        written_together(units)
        assert [unit.done.result(timeout=30).status for unit in units] == ["received"] * 3
    assert send(issue_id="1", title="again").json()["status"] == "received"
    while decide_waiting():
        pass
    assert set(Inbound.objects.values_list("status", flat=True)) == {"routed"}


def test_what_a_lock_holds_up_all_the_same_is_given_back_to_its_callers_untouched(on_postgres):
    make_source()
    make_rule("all", make_target())
    units = [Webhook(prepared(issue_id=str(number))) for number in (1, 2)]
    with locked_postgres("LOCK TABLE routing_inboundbody IN SHARE MODE"):
        written_together(units)
        assert [type(unit.done.exception(timeout=30)) for unit in units] == [HeldUp, HeldUp]
    assert Inbound.objects.count() == 0


def test_a_caller_with_time_left_gets_its_webhook_past_a_lock_that_is_let_go(on_postgres):
    make_source()
    make_rule("all", make_target())
    with ThreadPoolExecutor(1) as callers:
        with locked_postgres("LOCK TABLE routing_inboundbody IN SHARE MODE"):
            waits = callers.submit(writing.write, prepared(issue_id="1"), until=monotonic() + 30)
            eventually(lambda: _waiting_for_locks() == 1)
        waits.result(timeout=30)
    decide_waiting()
    assert Inbound.objects.get().status == "routed"


def _waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def test_writers_side_by_side_that_meet_at_the_same_threads_finish_all_their_webhooks(on_postgres):
    """Two web processes store about the same issues, in opposite orders."""
    make_source()
    make_rule("all", make_target(), make_target("other"))
    there = [Webhook(prepared(issue_id=str(number))) for number in range(1, 16)]
    back = [Webhook(prepared(issue_id=str(number))) for number in range(15, 0, -1)]
    written_together(there)
    written_together(back)
    ends = [unit.done.exception(timeout=20) for unit in (*there, *back)]
    for unit, end in zip((*there, *back), ends, strict=True):
        if isinstance(end, HeldUp):  # its caller stores it
            writing.write(unit.prepared, until=monotonic() + 5)
    assert {type(end) for end in ends} <= {type(None), HeldUp}
    while decide_waiting():
        pass
    assert Delivery.objects.count() == 60


def test_too_much_waiting_is_refused_rather_than_kept_in_memory(monkeypatch):
    monkeypatch.setattr(writer, "MAX_WAITING", 2)
    queue, hold, begun = Writer(), Event(), Event()

    def block() -> None:
        begun.set()
        hold.wait(5)

    queue.submit(Errand(block))
    begun.wait(5)
    waiting = [Errand(lambda: 1) for _ in range(2)]
    for errand in waiting:
        queue.submit(errand)
    with pytest.raises(Unavailable):
        queue.submit(Errand(lambda: 1))
    hold.set()
    assert [errand.done.result(timeout=30) for errand in waiting] == [1, 1]


def test_a_write_that_never_succeeds_is_given_up(on_sqlite, monkeypatch):
    monkeypatch.setattr(writer, "KEEP_SECONDS", 0.0)

    def locked() -> None:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        writing.run(locked)
    assert writing.run(lambda: 7) == 7


def test_a_job_that_raises_tells_its_caller_and_the_writer_goes_on():
    with pytest.raises(ZeroDivisionError):
        writing.run(lambda: 1 / 0)
    writing.post(lambda: 1 / 0)
    assert writing.run(lambda: 7) == 7


def test_inside_a_transaction_of_the_callers_own_nothing_waits_for_itself():
    make_source()
    with transaction.atomic():
        assert writing.write(prepared(), until=monotonic() + 5).status == "unrouted"
    assert Inbound.objects.count() == 1


def test_several_senders_are_all_answered_and_stored():
    make_source()
    make_rule("all", make_target())

    def one(number: int) -> int:
        try:
            return send(issue_id=str(number)).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as senders:
        assert set(senders.map(one, range(1, 41))) == {202}
    while decide_waiting():  # on a busy machine some were left to the worker
        pass
    assert (Inbound.objects.count(), Delivery.objects.count()) == (40, 40)


@contextmanager
def full_disk() -> Iterator[None]:
    """SQLite finds no room for another page, whatever connection asks."""

    def limit(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1")  # no fewer than there are, and no more

    def anew() -> None:
        writing.run(lambda: connection.close())  # the writer's, not the one of this thread

    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that other tests emptied would be room
    connection_created.connect(limit)
    anew()
    try:
        yield
    finally:
        connection_created.disconnect(limit)
        anew()


@pytest.mark.in_time
@pytest.mark.alone
def test_a_full_disk_is_answered_503_in_time_and_what_came_is_stored_once_there_is_room(on_sqlite):
    make_source()
    make_rule("all", make_target())
    assert send().status_code == 202
    with full_disk():
        began = monotonic()
        answer = send(title="".join(map(str, range(20_000))), issue_id="4200")
        took = monotonic() - began
        assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")
        assert took < 0.9
        assert Inbound.objects.count() == 1
    assert send(issue_id="4300").status_code == 202
    eventually(lambda: Inbound.objects.count() == 3)
