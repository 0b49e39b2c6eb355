"""Runs the delivery engine: `manage.py worker`, or `manage.py worker --once` to work off what is due and return.

With CELERY_BROKER_URL the same command publishes ids, and Celery workers send.
"""

import signal
from argparse import ArgumentParser
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from routing.management.serving.collecting import settle_in
from routing.management.serving.parenthood import is_orphan
from routing.services.delivering import deliver, open_door
from routing.services.engine.clock import DatabaseClock
from routing.services.engine.loop import Engine

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Delivers what is due, until told to stop by SIGTERM or SIGINT."""

    help = "Deliver what is due; run as many as you like on Postgres, one on SQLite."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--once", action="store_true", help="work off what is due now, then return")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the engine of this process."""
        slots = settings.WORKER_THREADS
        if slots < 1:
            raise CommandError(_("WORKER_THREADS must be at least 1."))
        clock = DatabaseClock()
        door = open_door(slots)
        engine = Engine(
            slots=slots,
            interval=settings.WORKER_INTERVAL,
            send=partial(deliver, door=door, clock=clock),
            clock=clock,
            is_orphan=is_orphan,
            publish=import_string(settings.CELERY_PUBLISH) if settings.CELERY_BROKER_URL else None,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: engine.stop())
        settle_in()
        log.info("worker_started", slots=slots, once=options["once"], publishes=bool(settings.CELERY_BROKER_URL))
        if options["once"]:
            engine.work_off()
        else:
            engine.run()
        door.close()
        log.info("worker_ended")
