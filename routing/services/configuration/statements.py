"""Rows as statements with their parameters, made before the transaction: inside it they are only run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for many rows."""

    sql: str
    rows: Sequence[Sequence[Any]]

    def run(self) -> None:
        """Run it for every row; belongs into a transaction."""
        if self.rows:
            with connection.cursor() as cursor:
                cursor.executemany(self.sql, self.rows)


def inserts(model: type[Model], rows: Sequence[Model]) -> Statement:
    """Insert rows that have their numbers already."""
    fields = model._meta.concrete_fields
    columns, places = ", ".join(_quoted(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    sql = f"INSERT INTO {_quoted(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of ours
    return Statement(sql, [[_stored(field, row, is_new=True) for field in fields] for row in rows])


def updates(model: type[Model], rows: Sequence[Model], names: Sequence[str]) -> Statement:
    """Update some columns of rows."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    sql = f"UPDATE {_quoted(model._meta.db_table)} SET {columns} WHERE id = %s"  # noqa: S608 - as above
    return Statement(sql, [[*[_stored(field, row) for field in fields], row.pk] for row in rows])


def links(through: type[Model], owner: str, pairs: Sequence[tuple[int, int]]) -> Statement:
    """Insert rows of a many-to-many table: (owner, target)."""
    sql = f"INSERT INTO {_quoted(through._meta.db_table)} ({_quoted(owner)}, target_id) VALUES (%s, %s)"  # noqa: S608
    return Statement(sql, pairs)


def unlinks(through: type[Model], owner: str, owners: Sequence[int]) -> Statement:
    """Delete the rows of a many-to-many table that belong to these owners."""
    sql = f"DELETE FROM {_quoted(through._meta.db_table)} WHERE {_quoted(owner)} = %s"  # noqa: S608 - as above
    return Statement(sql, [[owner_id] for owner_id in owners])


def reserve(model: type[Model], count: int) -> list[int]:
    """Numbers for new rows. SQLite's are only free while nobody else inserts: the configuration stamp tells."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    first = (row[0] if row else 0) + 1
    return list(range(first, first + count))


def _stored(field: Any, row: Model, *, is_new: bool = False) -> Any:
    value = field.pre_save(row, True) if is_new else getattr(row, field.attname)
    return field.get_db_prep_save(value, connection)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
