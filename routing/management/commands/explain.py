"""`manage.py explain`: what would become of a payload, as JSON on stdout."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError

from routing.services.explaining import UnknownSource, explain

EXIT_CODES = {"routed": 0, "unrouted": 3, "ignored": 3, "malformed": 4, "failed": 1}


class Command(BaseCommand):
    """Decide a payload as the receiver would, and write nothing."""

    help = (
        "Decide a payload as the receiver would, write nothing, and print the decision as JSON. "
        "Exit code: 0 routed, 3 unrouted or ignored, 4 malformed, 2 wrong arguments, 1 our own error."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The source, the resource that Sentry's header would name, and the payload."""
        parser.add_argument("--source", required=True, help="name of the Sentry connection")
        parser.add_argument("--resource", default="", help="such as event_alert; empty: told from the payload's shape")
        parser.add_argument("file", metavar="FILE", help="the payload; - reads standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the decision, and exit with its code."""
        body = _read(options["file"])
        try:
            decided = explain(source_name=options["source"], resource=options["resource"], body=body)
        except UnknownSource as error:
            known = ", ".join(error.known) or "none"
            raise CommandError(
                f"There is no Sentry connection named {options['source']!r}. Known: {known}.", returncode=2
            ) from error
        text = orjson.dumps(decided, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
        self.stdout.write(text)
        code = EXIT_CODES[decided["status"]]
        if code:
            sys.exit(code)


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from error
