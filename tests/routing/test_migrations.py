"""The schema of a release works with the code of the release before it, which runs on while the migration does."""

import pytest
from django.db import connection
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from bench.chaos.release import LAST_MIGRATION

pytestmark = pytest.mark.django_db
UNUSED_BEFORE: dict[str, str] = {}
"""`table` or `table.column` -> why the release before did not use it any more, so that this one could remove it."""


def migrations() -> MigrationLoader:
    return MigrationLoader(connection)


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
