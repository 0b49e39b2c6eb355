"""Indexes that come and go while webhooks come in: operations for migrations of tables that are always written to.

A migration that uses them has `atomic = False`. Each is complete or to be repeated when `migrate` is run again.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

_POSTGRES = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"
_SQLITE = "SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = %s"


class AddIndexOnline(AddIndex):
    """`AddIndex` that keeps no writer waiting on Postgres: a plain one locks the table until all of it is read."""

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the index, unless it is there; one that was left half made is made anew."""
        model = to_state.apps.get_model(app_label, self.model_name)
        name = str(self.index.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model) or _is_whole(schema_editor, name):
            return
        schema_editor.execute(_dropping(schema_editor, name))
        online: dict[str, Any] = {"concurrently": True} if _is_postgres(schema_editor) else {}
        schema_editor.add_index(model, self.index, **online)


class DropIndexes(Operation):
    """Drop indexes by name, those that are there. For indexes that the models no longer know; not undone."""

    atomic = False
    reduces_to_sql = True
    reversible = True

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: the models' own operations say it."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Drop them, one after the other."""
        for name in self.names:
            schema_editor.execute(_dropping(schema_editor, name))

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Nothing: they were of no use."""

    def describe(self) -> str:
        """As `migrate` prints it."""
        return f"Drop {len(self.names)} indexes"


class AtOnce(SeparateDatabaseAndState):
    """Operations whose statements are all made before the first one runs: making them takes longer than running them,
    and on Postgres a table stays locked until the migration is over."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        super().__init__(operations, operations)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the statements, then run them."""
        if not _is_postgres(schema_editor):
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        statements: list[tuple[Any, Any]] = []
        editor: Any = schema_editor
        editor.execute = lambda sql, params=(): statements.append((sql, params))
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            del editor.execute
        for sql, params in statements:
            schema_editor.execute(sql, params)


def _is_postgres(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"


def _is_whole(schema_editor: BaseDatabaseSchemaEditor, name: str) -> bool:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_POSTGRES if _is_postgres(schema_editor) else _SQLITE, [name])
        row = cursor.fetchone()
    return bool(row and row[0])


def _dropping(schema_editor: BaseDatabaseSchemaEditor, name: str) -> str:
    online = "CONCURRENTLY " if _is_postgres(schema_editor) else ""
    return f"DROP INDEX {online}IF EXISTS {schema_editor.quote_name(name)}"
