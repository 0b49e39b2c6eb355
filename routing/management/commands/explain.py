"""`manage.py explain`: what would become of a payload, or of the last webhooks by other rules, as JSON on stdout."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from routing.fields import UnsealingError
from routing.services.configuration.document import parse_file
from routing.services.configuration.problems import ConfigurationError
from routing.services.explaining import UnknownSource, explain
from routing.services.whatif.answers import Answer
from routing.services.whatif.asking import MOST, what_if_document, what_if_saved

EXIT_CODES = {"routed": 0, "unrouted": 3, "ignored": 3, "malformed": 4, "failed": 1}


class Command(BaseCommand):
    """Decide a payload as the receiver would, or the last webhooks by other rules, and write nothing."""

    help = (
        "Decide a payload as the receiver would, write nothing, and print the decision as JSON; with --recent, print "
        "what the saved rules, or with --config those of a file, would make of the last webhooks. "
        "Exit code: 0 routed, 3 unrouted or ignored, 4 malformed, 2 wrong arguments, 1 our own error."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A payload with its source and the resource that Sentry's header would name; or how many webhooks to redo."""
        parser.add_argument("--source", help="name of the Sentry connection")
        parser.add_argument("--resource", default="", help="such as event_alert; empty: told from the payload's shape")
        parser.add_argument("file", metavar="FILE", nargs="?", help="the payload; - reads standard input")
        parser.add_argument("--recent", metavar="N", type=int, help=f"the last N real webhooks, at most {MOST}")
        parser.add_argument("--config", metavar="FILE", help="with --recent: a configuration file, as if applied")
        parser.add_argument("--prune", action="store_true", help="with --config: as if applied with --prune")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer, and exit with its code."""
        if options["recent"] is not None:
            self._print(_answer(options).to_json())
            return
        if options["config"] or options["prune"] or not options["source"] or not options["file"]:
            raise CommandError(_("Give --source and FILE, or --recent N [--config FILE [--prune]]."), returncode=2)
        decided = _decided(options)
        self._print(decided)
        code = EXIT_CODES[decided["status"]]
        if code:
            sys.exit(code)

    def _print(self, answer: dict[str, Any]) -> None:
        self.stdout.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def _decided(options: dict[str, Any]) -> dict[str, Any]:
    body = _read(options["file"])
    try:
        return explain(source_name=options["source"], resource=options["resource"], body=body)
    except UnknownSource as error:
        said = {"name": options["source"], "known": ", ".join(error.known) or "—"}
        text = _("There is no Sentry connection named %(name)s. Known: %(known)s.")
        raise CommandError(text % said, returncode=2) from error


def _answer(options: dict[str, Any]) -> Answer:
    last, file = options["recent"], options["config"]
    if options["source"] or options["file"] or not 1 <= last <= MOST or (options["prune"] and not file):
        raise CommandError(
            _("Give --recent N from 1 to %(most)s, and --config FILE or nothing.") % {"most": MOST}, returncode=2
        )
    if not file:
        return what_if_saved(last=last)
    try:
        return what_if_document(parse_file(_read(file).decode("utf-8-sig")), prune=options["prune"], last=last)
    except ConfigurationError as error:
        places = [f"{file}:{problem.line}: {problem}" if problem.line else str(problem) for problem in error.problems]
        raise CommandError("\n".join(places), returncode=2) from error
    except (UnicodeDecodeError, UnsealingError) as error:
        raise CommandError(f"{file}: {error}", returncode=2) from error


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        said = {"name": name, "error": error.strerror}
        raise CommandError(_("%(name)s cannot be read: %(error)s.") % said, returncode=2) from error
