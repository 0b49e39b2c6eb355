"""`manage.py up`: everything this relay needs on one host, under one supervisor."""

import os
import socket
import sys
from functools import partial
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils.translation import gettext as _

from routing.management.commands.demo import welcome
from routing.management.serving.forking import fork
from routing.management.serving.schema import bring_up_to_date, disconnect, static_files_laid_out, wait_for_database
from routing.management.serving.sockets import BACKLOG, CannotListenError, netloc, reserve, url
from routing.selectors import sandbox
from routing.services.demo import setup as demo
from routing.services.engine.presence import others_work

SUPERVISOR = "relay_site.supervising"
DATABASE_PATIENCE = 30.0
"""Seconds for a database that is started together with the relay."""


class Command(BaseCommand):
    """Migrates, then runs web and worker until SIGTERM; SIGHUP renews them without refusing a call."""

    help = (
        "Migrate, then run the web process and the worker until SIGTERM. SIGHUP restarts both without a refused call."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The address to listen on."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000); 0 takes a free one")
        parser.add_argument(
            "--demo", action="store_true", help="fill an empty database with the demo; where it is, try it out"
        )

    def handle(self, *_args: Any, host: str, port: int, **options: Any) -> None:
        """Run until told to stop; raises CommandError when the address is taken."""
        self.check(databases=["default"])
        try:
            listening = reserve(host, port)
        except CannotListenError as error:
            raise CommandError(str(error)) from error
        os.environ["PUBLIC_URL"] = os.environ.get("PUBLIC_URL") or url(listening)
        try:
            wait_for_database(DATABASE_PATIENCE)
        except OperationalError as error:
            raise CommandError(_("The database does not answer: %(error)s") % {"error": error}) from error
        if not others_work():
            # Nobody else answers: callers wait from now on instead of being refused. Beside other hosts a proxy passes
            # over this one until its web process listens.
            listening.listen(BACKLOG)
        with static_files_laid_out():
            bring_up_to_date()
            shows_demo = self._prepare_demo(netloc(listening), wanted=options["demo"])
        disconnect()
        self._hand_over(listening, shows_demo=shows_demo)

    def _prepare_demo(self, here: str, *, wanted: bool) -> bool:
        """Fill or move the demo; True when an alert is to go through it: whenever it is asked for, or when none ever did."""
        if demo.is_there():
            if wanted or sandbox.is_on():
                demo.move_to(here)
                self._say(_("A forgotten password is set anew with: manage.py changepassword %s") % demo.ADMINISTRATOR)
            return sandbox.is_on() and (wanted or demo.is_untried())
        if not (wanted and demo.is_empty()):
            return False
        for line in welcome(demo.fill(here)):
            self._say(line)
        return True

    def _hand_over(self, listening: socket.socket, *, shows_demo: bool) -> NoReturn:
        """Become the supervisor, which needs nothing of what is in memory now."""
        listening.set_inheritable(True)
        ready = _("Alert Relay is ready: %(url)s") % {"url": os.environ["PUBLIC_URL"]}
        arguments = [
            *("--fd", str(listening.fileno())),
            *("--manage", str(settings.BASE_DIR / "manage.py")),
            *("--log-format", settings.LOG_FORMAT),
            *("--ready", ready),
            *(["--waiting", *map(str, fork(partial(self._show_demo, listening)))] if shows_demo else []),
        ]
        paths = [str(settings.BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        sys.stderr.flush()
        os.execve(  # noqa: S606 - our own command
            sys.executable, [sys.executable, "-m", SUPERVISOR, *arguments], environment
        )

    def _show_demo(self, listening: socket.socket) -> None:
        listening.close()
        try:
            call_command("demo", url=os.environ["PUBLIC_URL"])  # settings were read before the port was known
        except CommandError as error:
            self._say(str(error))

    def _say(self, text: str) -> None:
        self.stderr.write(text, str)
