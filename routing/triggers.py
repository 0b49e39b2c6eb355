"""The configuration stamp: database triggers that raise one number whenever configuration changes.

A trigger sees every path there is (admin, inlines, API, apply, bulk updates, a database shell), so
a process only has to read one number to know whether its compiled rules are still true.
"""

from collections.abc import Iterator
from typing import Any

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "routing_configurationstamp"
WATCHED: dict[str, tuple[str, ...]] = {
    "routing_source": ("name", "accept_unsigned", "issue_actions"),
    "routing_source_default_targets": (),
    "routing_hookkey": ("source_id", "digest", "retired_at"),
    "routing_clientsecret": ("source_id", "secret", "retired_at"),
    "routing_project": ("source_id", "slug", "sentry_id"),
    "routing_project_default_targets": (),
    "routing_target": (
        "name", "title", "kind", "enabled", "options", "credentials", "address_digest",
        "fallback_id", "fallback_after_minutes", "is_operations",
    ),
    "routing_rule": (
        "name", "position", "enabled", "source_id", "project", "when", "severity", "continues", "repeat_minutes", "active",
    ),
    "routing_rule_targets": (),
    "routing_severitymapping": (),
    "routing_silence": (),
}  # fmt: skip
"""Table -> the columns that matter; empty means all. Runtime columns are left out: a heartbeat is not a change."""


def _events(table: str, columns: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield "insert", "INSERT"
    yield "delete", "DELETE"
    yield "update", "UPDATE OF " + ", ".join(f'"{column}"' for column in columns) if columns else "UPDATE"


def _sqlite() -> Iterator[str]:
    for table, columns in WATCHED.items():
        for name, event in _events(table, columns):
            yield f'DROP TRIGGER IF EXISTS "{table}_stamp_{name}"'
            yield (
                f'CREATE TRIGGER "{table}_stamp_{name}" AFTER {event} ON "{table}" '
                f'BEGIN UPDATE "{TABLE}" SET "number" = "number" + 1; END'
            )


def _postgresql() -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION routing_raise_stamp() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f'BEGIN UPDATE "{TABLE}" SET "number" = "number" + 1; RETURN NULL; END $$'
    )
    for table, columns in WATCHED.items():
        for name, event in _events(table, columns):
            yield f'DROP TRIGGER IF EXISTS "{table}_stamp_{name}" ON "{table}"'
            yield (
                f'CREATE TRIGGER "{table}_stamp_{name}" AFTER {event} ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION routing_raise_stamp()"
            )


def install(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the stamp and its triggers; safe to run again.

    Use it with `migrations.RunPython` after every migration that rebuilds a watched table: SQLite drops a
    table's triggers with it.
    """
    statements = {"sqlite": _sqlite, "postgresql": _postgresql}[schema_editor.connection.vendor]
    for statement in statements():
        schema_editor.execute(statement)


def missing(connection: Any) -> list[str]:
    """The names of triggers that should be there and are not."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    wanted = {f"{table}_stamp_{name}" for table, columns in WATCHED.items() for name, _event in _events(table, columns)}
    return sorted(wanted - present)
