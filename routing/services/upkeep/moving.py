"""Moving to another database: everything but sessions and heartbeats, with its numbers, in one transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import environ
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Model, Q
from django.db.models.sql import InsertQuery
from django.utils.translation import gettext as _

from routing.models import Worker
from routing.selectors.snapshot import HOOK_SOURCE
from routing.services.upkeep.numbering import go_on, last_numbers

ALIAS = "moved_to"
STALE_AFTER = timedelta(seconds=15)
_BATCH = 100
_SCHEMES = ("sqlite", "postgres", "postgresql")
_LEFT_BEHIND = (Session, Worker)
_BORN = ("contenttypes.ContentType", "auth.Permission", "auth.Group", "auth.Group_permissions")
_BORN_IN_PART = {
    "routing.Source": Q(name=HOOK_SOURCE),
    "routing.SeverityMapping": Q(level=""),
    "routing.ConfigurationStamp": Q(pk=1),
}
"""What migrations put into an empty database."""


class CannotMove(Exception):  # noqa: N818 - says so
    """Nothing was moved; the message says what to do."""


def move(url: str, *, now: datetime, tell: Callable[[str], None]) -> dict[str, int]:
    """Copy everything into the database at `url` and return the rows of each table; raises CannotMove.

    The relay must be stopped. The other database is made, or must be as its migrations left it.
    """
    if Worker.objects.filter(beat_at__gt=now - STALE_AFTER).exists():
        raise CannotMove(_("A worker is running. Stop the relay first, so that nothing is sent or received meanwhile."))
    _refuse_unknown()
    with _connected(url):
        if not connections[ALIAS].introspection.table_names():
            tell(_("Making the tables."))
        call_command("migrate", database=ALIAS, verbosity=0)
        models = _models()
        _refuse_used(models)
        return _copy_all(models, tell)


@contextmanager
def _connected(url: str) -> Iterator[None]:
    """The other database under an alias, for as long as this lasts."""
    if url.partition("://")[0] not in _SCHEMES:
        raise CannotMove(_("Give the URL of a database: sqlite:///path or postgres://user:password@host/name."))
    config: dict[str, Any] = environ.Env.db_url_config(url)
    connections.databases[ALIAS] = connections.configure_settings({"default": {}, ALIAS: config})[ALIAS]
    try:
        yield
    finally:
        connections[ALIAS].close()
        del connections[ALIAS]
        del connections.databases[ALIAS]


def _models() -> list[type[Model]]:
    """Every table of ours, and Django's that belong to it."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy and model not in _LEFT_BEHIND]


def _refuse_unknown() -> None:
    """Tables with rows whose models are not loaded, as those of single sign-on are without its settings, would stay behind."""
    connection = connections["default"]
    installed = {config.label for config in apps.get_app_configs()}
    missing = {app for app, _name in MigrationRecorder(connection).applied_migrations()} - installed
    tables = connection.introspection.table_names()
    full = [name for name in tables if name.partition("_")[0] in missing and _has_rows(name)]
    if full:
        text = _(
            "%(tables)s would stay behind. Run this with the relay's own settings, those of single sign-on included."
        )
        raise CannotMove(text % {"tables": ", ".join(full)})


def _has_rows(table: str) -> bool:
    connection = connections["default"]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608 - a table's own name
        return cursor.fetchone() is not None


def _refuse_used(models: list[type[Model]]) -> None:
    for model in models:
        label = model._meta.label
        if label in _BORN:
            continue
        rows = model._default_manager.using(ALIAS).exclude(_BORN_IN_PART.get(label, Q(pk__in=[])))
        if rows.exists():
            text = _("The other database is in use: it has rows in %(table)s.")
            raise CannotMove(text % {"table": model._meta.db_table})


def _copy_all(models: list[type[Model]], tell: Callable[[str], None]) -> dict[str, int]:
    other = connections[ALIAS]
    with transaction.atomic(), transaction.atomic(using=ALIAS):
        _freeze()
        tables = [model._meta.db_table for model in models]
        for statement in other.ops.sql_flush(no_style(), tables, reset_sequences=True):
            _run(statement)
        counts = {model._meta.db_table: _copy(model) for model in models}
        for model in models:
            kept = model._base_manager.using(ALIAS).count()
            if kept != counts[model._meta.db_table]:
                text = _("%(table)s: %(went)s rows went, %(arrived)s arrived.")
                table = model._meta.db_table
                raise CannotMove(text % {"table": table, "went": counts[table], "arrived": kept})
        for statement in other.ops.sequence_reset_sql(no_style(), models):
            _run(statement)
        go_on(other, models, last_numbers(connections["default"], models))
        tell(_("Checking what refers to what."))
        other.check_constraints()
    return counts


def _freeze() -> None:
    """One moment of this database: SQLite's transaction is alone with it, Postgres is asked for a snapshot."""
    if connections["default"].vendor == "postgresql":
        with connections["default"].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def _run(statement: str) -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(statement)


def _copy(model: type[Model]) -> int:
    """The rows as they are: raw, so that no column is filled anew."""
    fields = model._meta.concrete_fields
    rows = model._base_manager.using("default").order_by("pk").iterator(chunk_size=_BATCH)
    count = 0
    while batch := list(islice(rows, _BATCH)):
        for part in _parts(fields, batch):
            query = InsertQuery(model)
            query.insert_values(fields, part, raw=True)
            query.get_compiler(using=ALIAS).execute_sql()
        count += len(batch)
    return count


def _parts(fields: Any, batch: list[Model]) -> Iterator[list[Model]]:
    size = max(connections[ALIAS].ops.bulk_batch_size(fields, batch), 1)
    for start in range(0, len(batch), size):
        yield batch[start : start + size]
