"""Rows as statements with their parameters, made before the transaction: inside it they are only run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

BULK = 500
"""Rows from which on SQLite is better given a table than parameters, so that its one write lock is held for less long."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement for many rows: `sql` with the values of each, or `bulk` with those of the table `{rows}`."""

    sql: str
    bulk: str
    rows: Sequence[Sequence[Any]]

    def run(self) -> None:
        """Run it for every row; belongs into a transaction."""
        if self.rows:
            with connection.cursor() as cursor:
                cursor.executemany(self.sql, self.rows)


def parts(statement: Statement, size: int) -> Iterator[Statement]:
    """The same in several statements, of so many rows each."""
    for start in range(0, len(statement.rows), size):
        yield replace(statement, rows=statement.rows[start : start + size])


def stage(statements: Sequence[Statement]) -> list[Statement]:
    """The same statements; what they are to write in bulk already lies in SQLite's memory, beside the write lock.

    Belongs outside a transaction; `unstage` when they were run. Postgres locks rows, not all of the database: there
    nothing is staged.
    """
    unstage()
    if connection.vendor != "sqlite":
        return list(statements)
    return [
        _staged(statement, f"staged_{number}") if len(statement.rows) >= BULK else statement
        for number, statement in enumerate(statements)
    ]


def unstage() -> None:
    """Forget what was staged on this connection."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_temp_master WHERE type = 'table' AND name LIKE 'staged\\_%%' ESCAPE '\\'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE temp.{_quoted(table)}")


def _staged(statement: Statement, table: str) -> Statement:
    width = len(statement.rows[0])
    columns, places = ", ".join(f"c{index}" for index in range(width)), ", ".join(["%s"] * width)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} ({columns})")
        cursor.executemany(f"INSERT INTO temp.{table} VALUES ({places})", statement.rows)  # noqa: S608 - names of ours
    return Statement(statement.bulk.format(rows=f"temp.{table}"), "", [[]])


def inserts(model: type[Model], rows: Sequence[Model]) -> Statement:
    """Insert rows; those of a model have all their numbers already, or none."""
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and rows and rows[0].pk is None)]
    return _insert(
        model,
        [field.column for field in fields],
        [[_stored(field, row, is_new=True) for field in fields] for row in rows],
    )


def updates(model: type[Model], rows: Sequence[Model], names: Sequence[str]) -> Statement:
    """Update some columns of rows."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    table, values = (
        _quoted(model._meta.db_table),
        [[*[_stored(field, row) for field in fields], row.pk] for row in rows],
    )
    one = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    many = ", ".join(f"{_quoted(field.column)} = staged.c{index}" for index, field in enumerate(fields))
    return Statement(
        f"UPDATE {table} SET {one} WHERE id = %s",  # noqa: S608 - names of ours
        f"UPDATE {table} SET {many} FROM {{rows}} AS staged WHERE {table}.id = staged.c{len(fields)}",  # noqa: S608
        values,
    )


def deletes(model: type[Model], column: str, values: Sequence[int]) -> Statement:
    """Delete the rows that have one of these values in a column."""
    where = f"DELETE FROM {_quoted(model._meta.db_table)} WHERE {_quoted(column)}"  # noqa: S608 - names of ours
    return Statement(
        f"{where} = %s",
        f"{where} IN (SELECT c0 FROM {{rows}})",  # noqa: S608 - as above
        [[value] for value in values],
    )


def links(through: type[Model], owner: str, pairs: Sequence[tuple[int, int]]) -> Statement:
    """Insert rows of a many-to-many table: (owner, target)."""
    return _insert(through, [owner, "target_id"], pairs)


def _insert(model: type[Model], names: Sequence[str | None], rows: Sequence[Sequence[Any]]) -> Statement:
    into = f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(_quoted(name) for name in names)})"
    places = ", ".join(["%s"] * len(names))
    return Statement(f"{into} VALUES ({places})", f"{into} SELECT * FROM {{rows}}", rows)  # noqa: S608 - names of ours


def reserve(model: type[Model], count: int) -> list[int]:
    """Numbers for new rows that nobody else gets."""
    if not count:
        return []
    table = model._meta.db_table
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            key = model._meta.pk.column
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("UPDATE sqlite_sequence SET seq = seq + %s WHERE name = %s", [count, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = int(cursor.fetchone()[0])
    return list(range(last - count + 1, last + 1))


def _stored(field: Any, row: Model, *, is_new: bool = False) -> Any:
    value = field.pre_save(row, True) if is_new else getattr(row, field.attname)
    return field.get_db_prep_save(value, connection)


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(name or "")
