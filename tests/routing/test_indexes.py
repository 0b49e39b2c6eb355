"""Migrations change indexes while webhooks come in."""

import threading

import psycopg
import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from bench.chaos.release import LAST_MIGRATION
from routing.indexes import AddIndexOnline, DropIndexes
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ALWAYS_WRITTEN = {"inbound", "delivery", "attempt", "thread"}
STORING = "LOCK TABLE routing_inbound IN ROW EXCLUSIVE MODE"  # as an insert does
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'"
ADD = AddIndexOnline("inbound", models.Index(fields=["title"], name="inbound_passing"))


@pytest.fixture
def state(db):
    """The models as the migrations leave them; the index is gone after the test."""
    yield MigrationLoader(connection).project_state()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS inbound_passing")


def carry_out(operation, state) -> None:
    after = state.clone()
    operation.state_forwards("routing", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("routing", editor, state, after)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "routing_inbound")
    return {name for name, constraint in constraints.items() if constraint["index"]}


def test_an_index_is_made_and_dropped_and_either_may_be_repeated(state):
    for _ in range(2):
        carry_out(ADD, state)
        assert "inbound_passing" in indexes()
    for _ in range(2):
        carry_out(DropIndexes(["inbound_passing"]), state)
        assert "inbound_passing" not in indexes()


def test_an_index_that_was_left_half_made_is_made_anew(state):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite makes an index whole or not at all")
    carry_out(ADD, state)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'inbound_passing'::regclass RETURNING indexrelid"
        )
        carry_out(ADD, state)
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'inbound_passing'::regclass")
        assert cursor.fetchone() == (True,)


def test_webhooks_are_stored_while_an_index_waits_for_those_before_it(state):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock for all")
    params = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        params.pop(ours, None)

    def make() -> None:
        try:
            carry_out(ADD, state)
        finally:
            connection.close()

    with psycopg.connect(**params) as before, psycopg.connect(**params, autocommit=True) as after:
        before.execute(STORING)
        making = threading.Thread(target=make)
        making.start()
        eventually(lambda: after.execute(WAITING).fetchone() == (1,))
        with after.transaction():
            after.execute("SET LOCAL lock_timeout = '5s'")
            after.execute(STORING)
        before.rollback()
        making.join()
    assert "inbound_passing" in indexes()


def test_no_migration_makes_an_index_of_a_table_that_is_always_written_to_in_the_way_of_writers():
    loader = MigrationLoader(None)
    blocking = [
        f"{name}: {operation.describe()}"
        for (app, name), migration in loader.disk_migrations.items()
        if app == "routing" and int(name[:4]) > LAST_MIGRATION
        for operation in migration.operations
        if isinstance(operation, migrations.AddIndex)
        and not (isinstance(operation, AddIndexOnline) and not migration.atomic)
        and operation.model_name_lower in ALWAYS_WRITTEN
    ]
    assert blocking == []
