"""Plain SQL where the object mapper costs most: rows of a model in one statement, statements in one round trip."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, TypeAlias

import orjson
from django.db import connection, models
from django.db.backends.utils import CursorWrapper

_INSERT = "INSERT INTO {table} ({columns}) VALUES "
_UPDATE = "UPDATE {table} SET {columns} WHERE id = %s"

Rows: TypeAlias = list[tuple[Any, ...]]


class Statement(NamedTuple):
    """SQL with `%s` for each parameter."""

    sql: str
    params: Sequence[Any] = ()
    many: bool = False
    """True when `params` are several lists, for each of which the statement is run."""


class _Column(NamedTuple):
    name: str
    sql_name: str
    adapt: Callable[[Any], Any]
    default: Any
    """As stored; None for columns that every row gives."""


def is_postgres() -> bool:
    """True when the default database is Postgres rather than SQLite."""
    return connection.vendor == "postgresql"


def marks(values: Sequence[Any]) -> str:
    """`(%s, %s, …)` for a list of values, for IN."""
    return f"({', '.join(['%s'] * len(values))})"


def ask(cursor: CursorWrapper, questions: Sequence[Statement]) -> list[Rows]:
    """The rows of each query; on Postgres all of them in one round trip, each with a view of its own of the data."""
    if not is_postgres():
        answers = []
        for question in questions:
            cursor.execute(question.sql, question.params)
            answers.append(cursor.fetchall())
        return answers
    _execute_together(cursor, questions)
    answers = []
    while True:
        if cursor.description is not None:
            answers.append(cursor.fetchall())
        if not cursor.nextset():
            return answers


def carry_out(cursor: CursorWrapper, statements: Sequence[Statement]) -> None:
    """Carry out statements in order; on Postgres in one round trip."""
    if is_postgres():
        if statements:
            _execute_together(cursor, statements)
        return
    for statement in statements:
        (cursor.executemany if statement.many else cursor.execute)(statement.sql, statement.params)


def insertions(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> list[Statement]:
    """Statements that insert rows given by column (`attname`); what a row leaves out takes the model's default.

    Text must be free of NUL and within its length; JSON columns take any value that orjson can write.
    """
    if not rows:
        return []
    given = frozenset(rows[0])
    columns = _columns(model, given, connection.vendor)
    head = _INSERT.format(table=model._meta.db_table, columns=", ".join(column.sql_name for column in columns))
    one = f"({', '.join(['%s'] * len(columns))})"
    values = [
        [column.adapt(row[column.name]) if column.name in given else column.default for column in columns]
        for row in rows
    ]
    if not is_postgres():  # a prepared statement run once a row is faster there, and never has too many parameters
        return [Statement(head + one, values, many=True)]
    return [Statement(head + ", ".join([one] * len(rows)), [value for row in values for value in row])]


def update(table: str, row: int, values: Mapping[str, Any]) -> Statement:
    """A statement that changes columns of one row; values as the database takes them."""
    columns = ", ".join(f"{name} = %s" for name in values)
    return Statement(_UPDATE.format(table=table, columns=columns), [*values.values(), row])


@lru_cache(maxsize=64)
def _columns(model: type[models.Model], given: frozenset[str], _vendor: str) -> tuple[_Column, ...]:
    columns = []
    for item in model._meta.concrete_fields:
        name = item.attname
        if item.primary_key and name not in given:
            continue  # the database numbers the rows
        if name not in given and isinstance(item, models.DateTimeField) and not item.null:
            raise ValueError(f"{model.__name__}.{name} must be given")
        adapt = _adapter(item)
        columns.append(
            _Column(
                name,
                connection.ops.quote_name(item.column or name),
                adapt,
                None if name in given else adapt(item.get_default()),
            )
        )
    return tuple(columns)


def _adapter(item: "models.Field[Any, Any]") -> Callable[[Any], Any]:
    if isinstance(item, models.JSONField):
        return json_text
    if isinstance(item, models.DateTimeField):
        return moment
    return _as_it_is


def json_text(value: Any) -> str | None:
    """A value for a JSON column; None is NULL. A NUL, which Postgres refuses in JSON, becomes a replacement character."""
    return None if value is None else orjson.dumps(value).decode().replace("\\u0000", "\\ufffd")


def moment(value: datetime | None) -> Any:
    """A moment for a timestamp column: SQLite's hold UTC as text."""
    if value is None or is_postgres():
        return value
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ")


def aware(value: datetime | None) -> datetime | None:
    """A moment from a timestamp column of a plain query: SQLite's come without a zone, and are UTC."""
    return value if value is None or value.tzinfo is not None else value.replace(tzinfo=UTC)


def _as_it_is(value: Any) -> Any:
    return value


def new_ids(table: str, wanted: int) -> Statement:
    """The query whose rows `ids_of` makes ids of, for as many new rows of a table."""
    if is_postgres():
        return Statement(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", (table, wanted)
        )
    return Statement("SELECT seq FROM sqlite_sequence WHERE name = %s", (table,))


def ids_of(rows: Rows) -> Iterator[int]:
    """New ids, never used before: Postgres hands them out; on SQLite nobody else writes during the transaction."""
    if is_postgres():
        return iter([row[0] for row in rows])
    return count(rows[0][0] + 1 if rows else 1)


def _execute_together(cursor: CursorWrapper, statements: Iterable[Statement]) -> None:
    # psycopg's client-side cursors, which Django uses, send text: several statements fit into one message
    listed = list(statements)
    cursor.execute("; ".join(each.sql for each in listed), [value for each in listed for value in each.params])
