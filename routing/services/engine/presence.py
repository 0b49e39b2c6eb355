"""Worker processes make themselves known: a row with a heartbeat, by which the dead are told from the living."""

import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, transaction
from django.utils import timezone

from routing.models import Worker
from routing.selectors.workers import STALE_AFTER
from routing.services.engine.claiming import release_dead

BUSY_SECONDS, IDLE_SECONDS = 1.0, 5.0
"""How often the heartbeat is written."""


class Presence:
    """This process among the workers. `key`, twelve hexadecimal digits, is what its claims begin with."""

    def __init__(self, *, engine: str, slots: int, clock: Callable[[], datetime]) -> None:
        self.key = secrets.token_hex(6)
        self.name = f"{_place()}:{os.getpid()}:{self.key}"
        self._engine, self._slots, self._clock = engine, slots, clock
        self._started_at: datetime | None = None

    def beat(self, *, in_flight: int = 0) -> None:
        """Write the heartbeat. The first one frees what dead workers of this machine were sending."""
        now = self._clock()
        if self._started_at is None:
            release_of_the_dead(now)
            self._started_at = now
        with transaction.atomic():
            self._write(in_flight, self._started_at, now)

    def leave(self) -> None:
        """Remove the row of this process."""
        Worker.objects.filter(name=self.name).delete()

    def _write(self, in_flight: int, started_at: datetime, now: datetime) -> None:
        if not Worker.objects.filter(name=self.name).update(beat_at=now, in_flight=in_flight):
            Worker.objects.create(
                name=self.name,
                host=socket.gethostname()[:100],
                pid=os.getpid(),
                engine=self._engine,
                slots=self._slots,
                in_flight=in_flight,
                started_at=started_at,
                beat_at=now,
            )


def others_work() -> bool:
    """True when another relay of the same database is at work, on this machine or another; False while nobody knows."""
    fresh = Worker.objects.filter(beat_at__gt=timezone.now() - STALE_AFTER)
    try:
        return any(_is_alive(one.pid) if one.name.startswith(f"{_place()}:") else True for one in fresh)
    except DatabaseError:  # its tables are still to be made
        return False


def release_of_the_dead(now: datetime) -> int:
    """Make due what was being sent by workers of this machine whose process is gone; returns how many deliveries."""
    freed = 0
    for worker in Worker.objects.filter(name__startswith=f"{_place()}:"):
        if not _is_alive(worker.pid):
            freed += release_dead(worker.name.rpartition(":")[2], now)
            worker.delete()
    return freed


def _place() -> str:
    """This machine, and the space its process ids are counted in: two containers may share the name of one machine."""
    try:
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        space = "0"
    return f"{socket.gethostname()[:60]}:{space}"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
