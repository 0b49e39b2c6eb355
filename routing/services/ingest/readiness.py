"""Whether an inbound could be stored right now: the way of a real one, taken back at its end."""

import shutil
from pathlib import Path
from time import monotonic

import structlog
from django.db import Error, connection, transaction

from routing.models import Inbound
from routing.patience import patience
from routing.services.storing import writing
from routing.services.storing.writer import Unavailable

DISK_RESERVE = 64 * 1024 * 1024
"""Bytes that must be free beside an SQLite file: its log grows before it is folded back."""

log = structlog.get_logger(__name__)


def obstacle() -> str | None:
    """`database` or `disk` when an inbound could not be stored, else None; takes 0.8 s at most."""
    if not _has_room():
        return "disk"
    try:
        with patience(until=monotonic() + writing.WAIT_SECONDS):
            writing.run(_store_and_take_back)
    except (Unavailable, Error):
        log.warning("not ready: the database does not take an inbound", exc_info=True)
        return "database"
    return None


def _store_and_take_back() -> None:
    with transaction.atomic():
        Inbound.objects.create(source_name="readiness")
        transaction.set_rollback(True)


def _has_room() -> bool:
    """True when there is room for the file of the database; a server looks after its own."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or "memory" in name:
        return True
    return shutil.disk_usage(Path(name).parent).free > DISK_RESERVE
