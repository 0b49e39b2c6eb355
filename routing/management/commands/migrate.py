"""`manage.py migrate`: Django's own, which waits for its locks in short turns so that webhooks get in between."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from django.utils.translation import gettext as _

from routing.management.serving.locks import in_turns

LOCK_MILLISECONDS = 300
"""Whoever asks for a table after a waiting migration waits behind it, and a webhook waits 700 ms at most."""


class Command(Migrate):
    """Applies migrations. On Postgres it never waits for a table longer than webhooks can."""

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Migrate; raises CommandError when somebody else holds a table for minutes, or the database knows no Unicode."""
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            return super().handle(*args, **options)
        _refuse_other_encodings(connection)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = %s", [LOCK_MILLISECONDS])
        try:
            return in_turns(lambda: super(Command, self).handle(*args, **options))
        except OperationalError as error:
            raise CommandError(
                _("A table is in use by somebody else, such as a backup. Run this again later: %s") % error
            ) from error
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")


def _refuse_other_encodings(connection: Any) -> None:
    """A cluster made without a locale has databases that take ASCII only: the first Chinese title would be lost."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_encoding")
        encoding = cursor.fetchone()[0]
    if encoding != "UTF8":
        text = _(
            "The database's encoding is %(encoding)s; the relay needs UTF8. Make another one: "
            "createdb --encoding UTF8 --template template0 relay"
        )
        raise CommandError(text % {"encoding": encoding})
