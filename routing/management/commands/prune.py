"""`manage.py prune`: retention at once, instead of little by little by the worker."""

from time import sleep
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from routing.services.pruning import Pruner

PAUSE = 0.01
"""Seconds between two batches, in which others get the write lock."""


class Command(BaseCommand):
    """Removes what is past its time, beside a running relay."""

    help = "Remove bodies and log rows that are past BODY_RETENTION_DAYS and LOG_RETENTION_DAYS. The worker does this, too."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Remove batch after batch until nothing is left to remove."""
        pruner = Pruner()
        while pruner.step(timezone.now()):
            sleep(PAUSE)
        for name, count in pruner.removed.items():
            self.stderr.write(f"{name}: {count}", str)
        if not pruner.removed:
            self.stderr.write(_("nothing to remove"), str)
