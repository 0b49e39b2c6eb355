"""`manage.py config`: the configuration as a file."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from routing.fields import UnsealingError
from routing.models import Project
from routing.policy.linting import Finding, lint
from routing.selectors import configuration
from routing.services.configuration.applying import apply
from routing.services.configuration.document import Document, parse_file
from routing.services.configuration.exporting import export
from routing.services.configuration.planning import plan, render
from routing.services.configuration.policy_view import configuration_of
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.testing import run_tests

DONE, FOUND, UNUSABLE = 0, 1, 2


class Command(BaseCommand):
    """Export, plan, apply, lint and test the configuration file."""

    help = (
        "The configuration as a file: export, plan, apply, lint, test. FILE may be -. "
        "Exit codes: 0 done; 1 refused, a finding or a failed test; 2 the file cannot be read or used."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One subcommand each."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("export").add_argument("--masked", action="store_true", help="without secrets, for sharing")
        for verb in ("plan", "apply"):
            with_file = verbs.add_parser(verb)
            with_file.add_argument("file", metavar="FILE")
            with_file.add_argument("--prune", action="store_true", help="remove what the file's sections do not list")
        verbs.add_parser("lint").add_argument("file", metavar="FILE", nargs="?", help="without it: what is stored")
        verbs.add_parser("test").add_argument("file", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the subcommand; exits with its code."""
        try:
            code = getattr(self, f"_{options['verb']}")(options)
        except ConfigurationError as error:
            self._refuse(options.get("file") or "", error)
            code = UNUSABLE
        except (OSError, UnicodeDecodeError) as error:
            self.stderr.write(f"{options.get('file')}: {error}")
            code = UNUSABLE
        except UnsealingError as error:
            self.stderr.write(str(error))
            code = UNUSABLE
        if code:
            sys.exit(code)

    def _export(self, options: dict[str, Any]) -> int:
        self.stdout.write(export(masked=options["masked"]), ending="")
        return DONE

    def _plan(self, options: dict[str, Any]) -> int:
        changes = plan(_document(options["file"]), prune=options["prune"])
        self.stdout.write(render(changes), ending="")
        if not changes:
            self.stderr.write(_("No changes."))
        return DONE

    def _apply(self, options: dict[str, Any]) -> int:
        changes = apply(_document(options["file"]), actor="config apply", prune=options["prune"])
        self.stdout.write(render(changes), ending="")
        self.stderr.write(_("Applied.") if changes else _("No changes."))
        return DONE

    def _lint(self, options: dict[str, Any]) -> int:
        projects = set(Project.objects.values_list("source__name", "slug"))
        if options["file"]:
            document = _document(options["file"])
            projects |= {(item["source"], item["slug"]) for item in document.sections["projects"].values()}
            specs = configuration_of(document)
        else:
            specs = configuration.current().rules.configuration
        return self._findings(lint(specs, projects=projects))

    def _findings(self, findings: Iterable[Finding]) -> int:
        code = DONE
        for finding in findings:
            code = FOUND
            self.stdout.write(
                f"{finding.code}\t{finding.about} {finding.name}\t{finding.text.in_language(_language())}"
            )
        if not code:
            self.stderr.write(_("Nothing found."))
        return code

    def _test(self, options: dict[str, Any]) -> int:
        folder = Path() if options["file"] == "-" else Path(options["file"]).parent
        verdicts = run_tests(_document(options["file"]), folder=folder, now=timezone.now())
        for verdict in verdicts:
            self.stdout.write(f"{'FAILED' if verdict.differences else 'ok'}\t{verdict.name}")
            for difference in verdict.differences:
                self.stdout.write(f"\t{difference}")
        failed = sum(bool(verdict.differences) for verdict in verdicts)
        self.stderr.write(_("%(count)s tests, %(failed)s failed.") % {"count": len(verdicts), "failed": failed})
        return FOUND if failed else DONE

    def _refuse(self, file: str, error: ConfigurationError) -> None:
        for problem in error.problems:
            place = f"{file}:{problem.line}" if problem.line else file
            where = f"{problem.path}: " if problem.path else ""
            self.stderr.write(f"{place}: {where}{problem.text.in_language(_language())}")


def _language() -> str:
    return get_language() or "en"


def _document(file: str) -> Document:
    """The document in a file, or on standard input for `-`."""
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return parse_file(raw.decode("utf-8-sig"))
