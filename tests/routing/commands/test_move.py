"""`manage.py move`: everything arrives with its numbers, in an empty database only."""

import sqlite3

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from routing.models import Delivery, Rule, Source, Worker
from routing.services.upkeep import moving
from tests.relaying import own_database
from tests.routing.api.rows import delivery, inbound
from tests.routing.services.configuration.files import FULL, applied

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.fixture
def filled() -> None:
    applied(FULL.replace("name: team,", "name: team2,").replace("team]", "team2]").replace("[team,", "[team2,"))
    delivery(inbound(1))
    delivery(inbound(2), status="pending", finished_at=None, due_at=timezone.now())
    User.objects.create_user("ada", password="a-long-password")


@pytest.fixture
def move(monkeypatch):
    """Run the command; the test runner shuts out every connection that it did not make itself, unless unlisted."""

    def call(url: str) -> None:
        with monkeypatch.context() as patched:
            patched.setattr("django.test.testcases.connections", ["default"])
            call_command("move", "--to", url)

    return call


def rows(path, sql: str) -> list[tuple]:
    with sqlite3.connect(path) as connection:
        found = connection.execute(sql).fetchall()
    connection.close()
    return found


def test_everything_arrives_as_it_was_and_no_number_is_given_out_again(filled, tmp_path, capsys, move):
    newest = delivery(inbound(3))
    Delivery.objects.filter(pk=newest.pk).delete()
    path = tmp_path / "other.sqlite3"
    move(f"sqlite:///{path}")
    printed = dict(reversed(line.split("\t")) for line in capsys.readouterr().out.splitlines())
    assert printed["routing_delivery"] == "2"
    assert rows(path, "SELECT id FROM routing_delivery ORDER BY id") == list(
        Delivery.objects.order_by("id").values_list("id")
    )
    assert rows(path, "SELECT seq FROM sqlite_sequence WHERE name = 'routing_delivery'") == [(newest.pk,)]
    assert rows(path, "SELECT id, name FROM routing_rule ORDER BY id") == list(
        Rule.objects.order_by("id").values_list("id", "name")
    )
    assert rows(path, "SELECT username FROM auth_user") == [("ada",)]
    created = Source.objects.get(name="acme").created_at
    assert rows(path, "SELECT created_at FROM routing_source WHERE name = 'acme'")[0][0].startswith(
        created.strftime("%Y-%m-%d %H:%M:%S.%f")
    )


def test_a_database_in_use_is_refused(filled, tmp_path, move):
    url = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    move(url)
    with pytest.raises(CommandError, match="in use"):
        move(url)


def test_a_running_worker_is_in_the_way(tmp_path):
    Worker.objects.create(name="w", host="h", pid=1, engine="embedded")
    with pytest.raises(CommandError, match="Stop the relay"):
        call_command("move", "--to", f"sqlite:///{tmp_path / 'other.sqlite3'}")


def test_every_table_goes_but_sessions_and_heartbeats():
    ours = {model._meta.db_table for model in moving._models()}
    there = set(connection.introspection.table_names())
    assert there - ours == {"django_migrations", "django_session", "routing_worker"}


def test_tables_of_single_sign_on_do_not_stay_behind_unnoticed(tmp_path):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE socialaccount_socialaccount (uid text)")
        cursor.execute("INSERT INTO socialaccount_socialaccount VALUES ('ou_1')")
    recorder = MigrationRecorder(connection)
    recorder.record_applied("socialaccount", "0001_initial")
    try:
        with pytest.raises(CommandError, match="socialaccount_socialaccount would stay behind"):
            call_command("move", "--to", f"sqlite:///{tmp_path / 'other.sqlite3'}")
    finally:
        recorder.record_unapplied("socialaccount", "0001_initial")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE socialaccount_socialaccount")


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="moves to Postgres")
def test_a_database_that_knows_no_unicode_is_refused_with_what_to_do(move):
    with own_database(encoding="SQL_ASCII") as url:
        with pytest.raises(CommandError, match=r"SQL_ASCII.*createdb --encoding UTF8"):
            move(url)
        with psycopg.connect(url) as there:
            assert there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x"])
def test_what_is_no_database_of_ours_is_refused(url):
    with pytest.raises(CommandError):
        call_command("move", "--to", url)
