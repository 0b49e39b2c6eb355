"""`manage.py move`: from one database to another."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from routing.services.upkeep.moving import CannotMove, move


class Command(BaseCommand):
    """Copy configuration, log, waiting deliveries and users into another database."""

    help = (
        "Copy everything into another, empty database: configuration, log, waiting deliveries, users. "
        "Stop the relay first; then start it with the new DATABASE_URL and the same SECRET_KEY and FIELD_KEYS."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("--to", required=True, metavar="DATABASE_URL", help="such as postgres://user:…@host/relay")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy, and print the rows of each table."""
        try:
            counts = move(options["to"], now=timezone.now(), tell=self.stderr.write)
        except CannotMove as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(_("Nothing was moved: %(error)s") % {"error": error}) from error
        for table, count in counts.items():
            if count:
                self.stdout.write(f"{count}\t{table}")
        text = _(
            "%(count)s rows moved and counted again. Start the relay with the new DATABASE_URL, and with the same SECRET_KEY "
            "and FIELD_KEYS: the secrets stay sealed under them."
        )
        self.stderr.write(text % {"count": sum(counts.values())})
