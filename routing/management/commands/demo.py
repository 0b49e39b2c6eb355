"""`manage.py demo`: fills an empty database, and shows that an alert gets through."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.contract import ConfigError, Outcome
from routing.management.serving.schema import bring_up_to_date
from routing.models import Delivery
from routing.selectors import sandbox
from routing.services.demo import setup as demo
from routing.services.demo.demonstration import Sent, follow, send_webhook

PATIENCE = 30.0
"""Seconds to wait for the worker."""


class Command(BaseCommand):
    """With the demo in place, sends one signed webhook through the running relay and says where it went."""

    help = "Fill an empty database with a demo; where it is there already, send one alert through it. --remove takes it away."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the relay is reached from its own host, and the way back."""
        parser.add_argument("--remove", action="store_true", help="take the demo away, with its log")
        parser.add_argument("--host", default="127.0.0.1", help="where `up` will listen (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="where `up` will listen (8000)")
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="what links begin with (PUBLIC_URL)")

    def handle(self, *_args: Any, remove: bool, host: str, port: int, url: str, **_options: Any) -> None:
        """Remove, fill or show; raises CommandError with what to do when that is not possible."""
        bring_up_to_date()
        if remove:
            self._remove()
        elif demo.is_there():
            self._show(url)
        elif demo.is_empty():
            self._fill(f"{host}:{port}")
        else:
            raise CommandError(_("The database is not empty. The demo only goes into an empty one."))

    def _fill(self, address: str) -> None:
        for line in welcome(demo.fill(address)):
            self._say(line)
        self._say(_("Now start (or restart) the relay with: manage.py up. It sends the first alert by itself."))

    def _remove(self) -> None:
        try:
            demo.remove()
        except ConfigError as error:
            language = settings.LANGUAGE_CODE
            reasons = " ".join(text.in_language(language) for text in error.errors.values())
            raise CommandError(
                _("The demo's targets are used elsewhere. %(reasons)s") % {"reasons": reasons}
            ) from error
        self._say(_("The demo is gone. The administrator is still there."))

    def _show(self, url: str) -> None:
        sent = send_webhook()
        if isinstance(sent, Outcome):
            where = sandbox.address() or "?"
            raise CommandError(
                _("No relay answers at http://%(where)s. Start it with: make run, or manage.py up") % {"where": where}
            )
        if sent.inbound is None:
            raise CommandError(_("The receiver refused: HTTP %(status)s %(answer)s") % vars_of(sent))
        self._say(_("Sent a signed Sentry webhook; the receiver answered HTTP %(status)s.") % vars_of(sent))
        rows = list(self._report(sent.inbound))
        page = url + reverse("admin:routing_inbound_change", args=[sent.inbound])
        self._say(_("The whole story: %(page)s") % {"page": page})
        self._say(_("The chat: %(page)s") % {"page": url + reverse("sandbox")})
        if not rows or any(row.status != "delivered" for row in rows):
            raise CommandError(_("Not everything was delivered within %(seconds)d seconds.") % {"seconds": PATIENCE})

    def _report(self, inbound: int) -> "list[Delivery]":
        rows = []
        for row in follow(inbound, seconds=PATIENCE):
            rows.append(row)
            reason = f" ({row.reason})" if row.reason else ""
            # The code stands first, the same in every language, for whoever watches this with a script.
            self._say(f"  {row.status}{reason} → {row.target_name}: {row.severity}, {row.get_status_display()}")
        return rows

    def _say(self, text: str) -> None:
        self.stderr.write(text, str)


def welcome(administrator: demo.Administrator) -> list[str]:
    """What is said once, when the demo was filled in."""
    return [
        _("The demo is in place: a Sentry connection, a sandbox Feishu group, a sandbox Flashduty, and rules."),
        _("Sign in as %(name)s with the password %(password)s (shown only now).")
        % {"name": administrator.name, "password": administrator.password},
    ]


def vars_of(sent: Sent) -> dict[str, Any]:
    """For messages."""
    return {"status": sent.status, "answer": sent.answer}
