"""`manage.py up`: everything this relay needs on one host, under one supervisor."""

import os
import sys
import termios
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils.translation import gettext as _

from routing.management.commands.demo import welcome
from routing.management.serving.children import Command as ChildCommand
from routing.management.serving.schema import bring_up_to_date, collect_static_files, disconnect, wait_for_database
from routing.management.serving.sockets import BACKLOG, CannotListenError, netloc, reserve, url
from routing.management.serving.supervisor import Supervisor
from routing.selectors import sandbox
from routing.services.demo import setup as demo
from routing.services.engine.presence import others_work

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
        parser.add_argument("--demo", action="store_true", help="fill an empty database with the demo and try it out")

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
            raise CommandError(f"The database does not answer: {error}") from error
        if not others_work():
            # Nobody else answers: callers wait from now on instead of being refused. Beside other hosts a proxy passes
            # over this one until its web process listens.
            listening.listen(BACKLOG)
        bring_up_to_date()
        collect_static_files()
        is_untried = self._prepare_demo(netloc(listening), wanted=options["demo"])
        disconnect()
        descriptor = listening.fileno()

        def on_ready() -> ChildCommand | None:
            self._say(_("Alert Relay is ready: %(url)s") % {"url": os.environ["PUBLIC_URL"]})
            return _manage("demo") if is_untried else None

        supervisor = Supervisor(
            listening,
            web=_manage("web", "--fd", str(descriptor), hands_down=(descriptor,), says_ready=True),
            others=(_manage("worker"),),
            on_ready=on_ready,
        )
        supervisor.run(is_hangup_final=_terminal_watch())

    def _prepare_demo(self, here: str, *, wanted: bool) -> bool:
        """Fill or move the demo; True when it still has to be shown."""
        if demo.is_there():
            if wanted or sandbox.is_on():
                demo.move_to(here)
                self._say(_("A forgotten password is set anew with: manage.py changepassword %s") % demo.ADMINISTRATOR)
            return sandbox.is_on() and demo.is_untried()
        if not (wanted and demo.is_empty()):
            return False
        for line in welcome(demo.fill(here)):
            self._say(line)
        return True

    def _say(self, text: str) -> None:
        self.stderr.write(text, str)


def _manage(*arguments: str, hands_down: tuple[int, ...] = (), says_ready: bool = False) -> ChildCommand:
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments)
    return ChildCommand(name=arguments[0], arguments=command, hands_down=hands_down, says_ready=says_ready)


def _terminal_watch() -> Callable[[], bool]:
    """Tells a terminal that went away from a request to renew: both come as SIGHUP."""
    if not sys.stdin or not sys.stdin.isatty():
        return lambda: False
    terminal = sys.stdin.fileno()

    def is_gone() -> bool:
        try:
            termios.tcgetattr(terminal)
        except termios.error:
            return True
        return False

    return is_gone
