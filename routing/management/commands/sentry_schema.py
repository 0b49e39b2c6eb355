"""`manage.py sentry_schema`: what to paste into Sentry, so that its alert rules offer our targets."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from integrations.sentry.component import schema
from routing.models import HookKey, Source


class Command(BaseCommand):
    """Print the schema of a source's alert rule action."""

    help = "Print the UI component schema of a source, to paste into the Schema field of its integration in Sentry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The source."""
        parser.add_argument("source", metavar="SOURCE", help="the source's name")
        parser.add_argument("--language", choices=["en", "zh-hans"], help="of the labels; the site's own without it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it as JSON."""
        source = Source.objects.filter(name=options["source"]).first()
        if source is None:
            known = ", ".join(Source.objects.values_list("name", flat=True))
            raise CommandError(
                _("There is no Sentry connection named %(name)s. Known: %(known)s.")
                % {"name": options["source"], "known": known}
            )
        key = HookKey.objects.filter(source=source, retired_at=None).order_by("-id").first()
        if key is None:
            raise CommandError(
                _("The connection %(name)s has no active hook key; add one first.") % {"name": source.name}
            )
        root = f"/webhooks/sentry/{key.key.open()}/alert-rule-action/"
        found = schema(
            title="Alert Relay",
            settings_uri=root,
            target_uri=f"{root}targets/",
            severity_uri=f"{root}severities/",
            language=options["language"] or get_language() or "en",
        )
        self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        if HookKey.objects.filter(source=source, retired_at=None).count() > 1:
            self.stderr.write(_("The connection has several hook keys; this schema uses the newest."))
