"""The schema of a release works with the code of the release before it, which runs on while the migration does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from bench.chaos.release import LAST_MIGRATION
from routing.models import ConfigurationStamp, SeverityMapping, Source
from tests.relaying import own_database

pytestmark = pytest.mark.django_db
UNUSED_BEFORE: dict[str, str] = {}
"""`table` or `table.column` -> why the release before did not use it any more, so that this one could remove it."""


def migrations() -> MigrationLoader:
    """One by one, also those that a new database gets together."""
    return MigrationLoader(connection, replace_migrations=False)


def models_of_the_previous_release() -> list[type[Model]]:
    loader = migrations()
    last = next(key for key in loader.graph.nodes if key[0] == "routing" and key[1].startswith(f"{LAST_MIGRATION:04}_"))
    return [model for model in loader.project_state(last).apps.get_models(include_auto_created=True)
            if model._meta.app_label == "routing"]  # fmt: skip


def columns(table: str) -> dict[str, bool]:
    """Column -> True when a row may be inserted that does not name it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f'PRAGMA table_info("{table}")')
            return {name: not needed or default is not None or key for _, name, _, needed, default, key in cursor}
        cursor.execute(
            "SELECT column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES'"
            " FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema()",
            [table],
        )
        return dict(cursor.fetchall())


def test_the_code_of_the_release_before_can_go_on_writing() -> None:
    """A new column is nullable or has a default in the database (`db_default`): old code does not name it."""
    needed = []
    for model in models_of_the_previous_release():
        known = {field.column for field in model._meta.concrete_fields}
        now = columns(model._meta.db_table)
        needed += [f"{model._meta.db_table}.{name}" for name, free in now.items() if name not in known and not free]
    assert needed == []


def test_the_code_of_the_release_before_can_go_on_reading() -> None:
    """What a release stops using is removed by the next one, and named in UNUSED_BEFORE."""
    gone = []
    for model in models_of_the_previous_release():
        table, now = model._meta.db_table, columns(model._meta.db_table)
        gone += [f"{table}.{field.column}" for field in model._meta.concrete_fields if field.column not in now]
    assert [name for name in gone if not {name, name.partition(".")[0]} & set(UNUSED_BEFORE)] == []


def test_a_column_that_took_nothing_in_the_release_before_may_still_be_left_out() -> None:
    tightened = []
    for model in models_of_the_previous_release():
        now = columns(model._meta.db_table)
        tightened += [f"{model._meta.db_table}.{field.column}" for field in model._meta.concrete_fields
                      if field.null and not now.get(field.column, True)]  # fmt: skip
    assert tightened == []


def test_every_migration_can_be_taken_back() -> None:
    for key, migration in migrations().disk_migrations.items():
        if key[0] == "routing":
            for operation in migration.operations:
                if isinstance(operation, RunPython | RunSQL):
                    assert operation.reversible, key


@pytest.fixture
def one_by_one(tmp_path: Path) -> Iterator[BaseDatabaseWrapper]:
    """A database that every migration there ever was has gone through."""
    with own_database() as url:
        other = connection.copy(alias="one_by_one")
        other.settings_dict["NAME"] = urlsplit(url).path[1:] if url else str(tmp_path / "db.sqlite3")
        connections["one_by_one"] = other
        executor = MigrationExecutor(other)
        loader = executor.loader = MigrationLoader(other, replace_migrations=False)
        executor.migrate([key for key in loader.graph.leaf_nodes() if key not in loader.replacements])
        yield other
        other.close()
        if other.vendor == "postgresql":
            other.close_pool()
        del connections["one_by_one"]


NUMBERED = ("fk_", "__unnamed_constraint_")
"""How names begin that Django gives to what has none in SQLite, by its place in the table."""


def schema(database: BaseDatabaseWrapper) -> dict[str, Any]:
    """What there is under each name: columns, constraints and indexes by table, and triggers."""
    found: dict[str, Any] = {}
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            constraints = database.introspection.get_constraints(cursor, table)
            found[table] = {
                "columns": set(database.introspection.get_table_description(cursor, table)),
                "names": {name for name in constraints if not name.startswith(NUMBERED)},
                "constraints": sorted(map(str, constraints.values())),
            }
        if database.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'index') AND sql IS NOT NULL")
        else:
            cursor.execute(
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
                " UNION SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            )
        return {**found, **dict(cursor.fetchall())}


def first_rows(alias: str) -> dict[str, Any]:
    """What an installation begins with."""
    groups = Group.objects.using(alias).prefetch_related("permissions__content_type")
    return {
        "mapping": set(SeverityMapping.objects.using(alias).values_list("sentry_status", "level", "severity")),
        "sources": set(Source.objects.using(alias).values_list("name", "title", "accept_unsigned")),
        "stamps": ConfigurationStamp.objects.using(alias).count(),
        "groups": {
            group.name: {permission.natural_key() for permission in group.permissions.all()} for group in groups
        },
    }


def test_a_new_database_is_as_the_migrations_one_by_one_leave_it(one_by_one: BaseDatabaseWrapper) -> None:
    there, here = schema(one_by_one), schema(connection)
    assert there.keys() == here.keys()
    assert {name: (there[name], here[name]) for name in here if there[name] != here[name]} == {}
    assert first_rows("one_by_one") == first_rows("default")
