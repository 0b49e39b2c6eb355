"""Migrations beside a table that somebody holds: webhooks get through, and so does the migration in the end."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import translation

from routing.management.serving import locks, schema
from routing.management.serving.locks import in_turns

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def held() -> psycopg.Connection:
    """A connection of somebody else, who reads a table and does not end, as a backup does."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock, for which migrations wait in their own way")
    params = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(ours, None)
    with psycopg.connect(**params) as other:
        other.execute("SELECT count(*) FROM routing_inbound")
        yield other


def alter() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 50")
        try:
            cursor.execute("ALTER TABLE routing_inbound ADD COLUMN passing integer")
            cursor.execute("ALTER TABLE routing_inbound DROP COLUMN passing")
        finally:
            cursor.execute("RESET lock_timeout")
    return "done"


def test_a_change_waits_in_turns_until_the_table_is_free(held, monkeypatch):
    pauses = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            held.rollback()

    monkeypatch.setattr(locks, "sleep", pause)
    assert in_turns(alter) == "done"
    assert len(pauses) == 3


def test_it_gives_up_after_its_last_turn(held, monkeypatch):
    monkeypatch.setattr(locks, "sleep", lambda _: None)
    with pytest.raises(OperationalError, match="lock timeout"):
        in_turns(alter, turns=2)


def test_other_trouble_is_raised_at_once(monkeypatch):
    monkeypatch.setattr(locks, "sleep", lambda _: pytest.fail("waited"))

    def fail() -> None:
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError, match="disk"):
        in_turns(fail)


def test_migrate_leaves_the_connection_as_it_was_and_says_what_to_do(held, monkeypatch):
    monkeypatch.setattr(locks, "sleep", lambda _: None)
    monkeypatch.setattr("django.core.management.commands.migrate.Command.handle", lambda *_, **__: alter())
    with translation.override("en"), pytest.raises(CommandError, match="later"):
        call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_who_waits_to_migrate_is_in_nobodys_way_who_makes_an_index(held, monkeypatch):
    held.rollback()
    held.autocommit = True
    is_waiting, may_look_again = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        is_waiting.set()
        may_look_again.wait(20)

    monkeypatch.setattr(schema, "sleep", pause)
    held.execute("SELECT pg_advisory_lock(%s)", [schema.ADVISORY_LOCK])
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(up_to_date)
        try:
            assert is_waiting.wait(20)
            held.execute("SET statement_timeout = '5s'")
            held.execute("CREATE INDEX CONCURRENTLY passing ON routing_inbound (title)")
            held.execute("DROP INDEX passing")
        finally:
            held.execute("SELECT pg_advisory_unlock(%s)", [schema.ADVISORY_LOCK])
            may_look_again.set()
        assert second.result(20) == 0


def up_to_date() -> int:
    try:
        return schema.bring_up_to_date()
    finally:
        connection.close()
