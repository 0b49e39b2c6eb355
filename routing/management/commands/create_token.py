"""`manage.py create_token`: a bearer token for the REST API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from routing.models import Role
from routing.services import auditing
from routing.services.setup import tokens

MAX_DAYS = 36_500


class Command(BaseCommand):
    """Make a token; its text is printed alone, and never again."""

    help = "Make a bearer token for the REST API and print it, alone, on standard output. It is shown only once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name, role, life."""
        parser.add_argument("name", metavar="NAME", help="what it is for")
        parser.add_argument("--role", choices=Role.values, default=Role.VIEWER.value)
        parser.add_argument("--expires", type=int, metavar="DAYS", help="days until it expires; without it: never")

    def handle(self, *args: Any, **options: Any) -> None:
        """Store the token and print it."""
        days = options["expires"]
        if days is not None and not 0 < days <= MAX_DAYS:
            raise CommandError(_("--expires takes 1 to %(most)s days.") % {"most": MAX_DAYS})
        expires_at = timezone.now() + timedelta(days=days) if days else None
        try:
            token, text = tokens.create(name=options["name"], role=options["role"], expires_at=expires_at)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        auditing.record(actor="create_token", action="created", obj=token, role=token.role)
        self.stdout.write(text)
        said = {"name": token.name, "role": token.role, "until": expires_at and f"{expires_at:%Y-%m-%d}"}
        if expires_at:
            self.stderr.write(_("Token %(name)s: %(role)s, valid until %(until)s. It is not shown again.") % said)
        else:
            self.stderr.write(_("Token %(name)s: %(role)s, valid without end. It is not shown again.") % said)
