"""`manage.py web`: the web process, alone or under `up`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.servers.basehttp import get_internal_wsgi_application
from django.urls import get_resolver

from routing.management.serving.collecting import settle_in
from routing.management.serving.readiness import say_ready
from routing.management.serving.sockets import CannotListenError, adopt, reserve
from routing.management.serving.web import Web
from routing.services.warming import warm_up

MARGIN = 1024 * 1024
"""Bodies beyond twice the limit are refused by the server; below that, by us with a reason."""


class Command(BaseCommand):
    """Serves HTTP until SIGTERM, then answers what it has begun."""

    help = "Serve HTTP: the receiver, the API and the admin. `up` runs this for you."
    requires_system_checks: list[str] = []  # `up` has checked

    def add_arguments(self, parser: CommandParser) -> None:
        """The address, or the descriptor of a socket that the parent opened."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--fd", type=int, help="serve on this open, listening socket")
        parser.add_argument("--ready-fd", type=int, help="write a byte here when requests are served")

    def handle(self, *_args: Any, host: str, port: int, fd: int | None, ready_fd: int | None, **_options: Any) -> None:
        """Serve."""
        try:
            listening = reserve(host, port) if fd is None else adopt(fd)
        except CannotListenError as error:
            raise CommandError(str(error)) from error
        application = get_internal_wsgi_application()
        get_resolver().url_patterns  # noqa: B018 - imports every view now, not during the first webhook
        warm_up()
        web = Web(application, listening, max_body_bytes=2 * settings.MAX_BODY_MB * 1024 * 1024 + MARGIN)
        web.stop_on_signals()
        settle_in()
        if ready_fd is not None:
            say_ready(ready_fd)
        web.run()
