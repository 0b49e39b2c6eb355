"""The writer waits for a silent database for a bounded time, then gives its connection up and tries again on another.

Nothing here waits for a clock: what the writer allows is read where its work is done.
"""

import pytest
from django.db import OperationalError, connection

from routing.models import Inbound
from routing.patience import patience, seconds_left
from routing.services.storing import writer
from routing.services.storing.writer import SILENCE_SECONDS, Errand, Webhook, Writer
from tests.routing.calls import make_rule, make_source, make_target
from tests.routing.services.storing.test_transaction import prepared
from tests.routing.services.storing.test_writing import locked_postgres

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture(autouse=True)
def soon_at_rest(monkeypatch) -> None:
    """The writers that these tests make let go of their connections when they are done."""
    monkeypatch.setattr(writer, "IDLE_SECONDS", 0.05)


def done(queue: Writer, *works: Errand | Webhook) -> list:
    for work in works:
        queue.submit(work)
    return [work.done.result(timeout=30) for work in works]


def test_while_the_writer_runs_an_errand_it_waits_no_longer_than_it_says():
    (left,) = done(Writer(), Errand(seconds_left))
    assert 0 < left <= SILENCE_SECONDS
    assert seconds_left() is None


def test_while_the_writer_stores_webhooks_it_waits_no_longer_than_it_says(monkeypatch):
    make_source()
    make_rule("all", make_target())
    allowed, really = [], writer.store

    def store(*args, **kwargs):
        allowed.append(seconds_left())
        return really(*args, **kwargs)

    monkeypatch.setattr(writer, "store", store)
    done(Writer(), Webhook(prepared()))
    assert Inbound.objects.count() == 1
    assert all(0 < left <= SILENCE_SECONDS for left in allowed)


def test_what_a_silent_connection_left_undone_is_done_again():
    connections, order = [], []

    def silent_at_first() -> int:
        connection.ensure_connection()
        connections.append(connection.connection)
        if len(connections) == 1:
            raise OperationalError("the server says nothing")
        order.append("first")
        return 1

    def after() -> int:
        order.append("second")
        return 2

    queue = Writer()
    assert done(queue, Errand(silent_at_first), Errand(after)) == [1, 2]
    assert len(connections) == 2
    assert sorted(order) == ["first", "second"]


def test_a_silent_database_loses_no_webhook(monkeypatch):
    make_source()
    make_rule("all", make_target())
    tries, really = [], writer.store

    def store(*args, **kwargs):
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("the server says nothing")
        return really(*args, **kwargs)

    monkeypatch.setattr(writer, "store", store)
    units = [Webhook(prepared(issue_id=f"43{number:02}")) for number in range(3)]
    receipts = done(Writer(), *units)
    assert [receipt.id for receipt in receipts] == sorted(Inbound.objects.values_list("pk", flat=True))


def test_a_server_that_says_nothing_is_left_when_patience_is_over():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite is no server")
    connection.ensure_connection()
    with (
        locked_postgres("SELECT pg_advisory_lock(77)"),
        patience(each=0),
        pytest.raises(OperationalError, match="silent"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_advisory_lock(77)")
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
