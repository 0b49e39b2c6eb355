"""The numbers that tables have given out: kept when rows move, so that no id ever means another row."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model

_LAST_ON_POSTGRES = "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)"
_SET_ON_POSTGRES = "SELECT setval(pg_get_serial_sequence(%s, %s)::regclass, %s)"


def last_numbers(connection: Any, models: Iterable[type[Model]]) -> dict[str, int]:
    """Table -> the highest number that it has given to a row, also to one that is gone; 0 where it gave none."""
    columns = _columns(models)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            given = dict(cursor.fetchall())
            return {table: given.get(table, 0) for table in columns}
        found = {}
        for table, column in columns.items():
            cursor.execute(_LAST_ON_POSTGRES, [connection.ops.quote_name(table), column])
            found[table] = cursor.fetchone()[0] or 0
        return found


def go_on(connection: Any, models: Iterable[type[Model]], numbers: Mapping[str, int]) -> None:
    """Let tables give out higher numbers than these from now on; what they have given out counts, too."""
    columns = _columns(models)
    given = last_numbers(connection, models)
    with connection.cursor() as cursor:
        for table, column in columns.items():
            last = max(numbers[table], given[table])
            if last < 1:
                continue
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
            else:
                cursor.execute(_SET_ON_POSTGRES, [connection.ops.quote_name(table), column, last])


def _columns(models: Iterable[type[Model]]) -> dict[str, str]:
    """Table -> its column that numbers itself."""
    numbered = {model._meta.db_table: model._meta.auto_field for model in models}
    return {table: field.column for table, field in numbered.items() if field is not None and field.column}
