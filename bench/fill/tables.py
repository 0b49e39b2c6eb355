"""Rows in bulk: COPY on Postgres, prepared statements on SQLite, without asking of each row whether what it names exists."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction

CHUNK = 5_000
"""Rows that are handed over at once."""


class Table:
    """Rows of one model, collected and written in chunks; a row leaves out what has its default."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        fields = model._meta.concrete_fields
        self.names = [field.attname for field in fields]
        self._defaults = {field.attname: field.get_default() for field in fields}
        self._json = {field.attname for field in fields if isinstance(field, models.JSONField)}
        self._moments = {field.attname for field in fields if isinstance(field, models.DateTimeField)}
        self._columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
        self._waiting: list[Mapping[str, Any]] = []
        self.written = 0

    @property
    def next_id(self) -> int:
        """The number of the row that is added next, in a table that was empty."""
        return self.written + len(self._waiting) + 1

    def add(self, **columns: Any) -> None:
        """One row by column, its `id` included; JSON as text, or as what can be written as JSON."""
        self._waiting.append(columns)
        if len(self._waiting) >= CHUNK:
            self.write()

    def write(self) -> None:
        """Hand over what was collected."""
        rows = [self._row(columns) for columns in self._waiting]
        self._waiting = []
        self.written += len(rows)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.model._meta.db_table} ({self._columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(self.names))
            cursor.executemany(f"INSERT INTO {self.model._meta.db_table} ({self._columns}) VALUES ({marks})", rows)

    def _row(self, columns: Mapping[str, Any]) -> list[Any]:
        row = {**self._defaults, **columns}
        return [self._stored(name, row[name]) for name in self.names]

    def _stored(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        if name in self._json:
            return json.dumps(value)
        return connection.ops.adapt_datetimefield_value(value) if name in self._moments else value


@contextmanager
def unchecked() -> Iterator[None]:
    """One transaction in which the database does not check foreign keys row by row: the rows are consistent by making.

    Needs a Postgres role that may set `session_replication_role`, as a superuser may.
    """
    postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if not postgres:
            cursor.execute("PRAGMA foreign_keys = OFF")  # has no effect within a transaction
    try:
        with transaction.atomic():
            if postgres:
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
            yield
    finally:
        if not postgres:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA foreign_keys = ON")


def settle(tables: list[type[models.Model]]) -> None:
    """Number new rows after the ones that are there, and let the planner know what there is."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
