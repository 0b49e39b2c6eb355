"""Worker processes make themselves known: a row with a heartbeat, by which the dead are told from the living."""

import os
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from routing.models import Worker
from routing.services.claiming import release_dead

BUSY_SECONDS, IDLE_SECONDS = 1.0, 5.0
"""How often the heartbeat is written."""

FORGOTTEN = timedelta(hours=1)
"""A row whose heartbeat is older than this is removed: its worker ended without a word."""


@dataclass(frozen=True, slots=True)
class Presence:
    """This process among the workers."""

    key: str
    """Twelve hexadecimal digits: what its claims begin with."""
    name: str

    @classmethod
    def announce(cls, *, engine: str, slots: int, now: datetime) -> "Presence":
        """Write the row of this process, and free at once what dead workers of this machine were sending."""
        release_of_the_dead(now)
        Worker.objects.filter(beat_at__lt=now - FORGOTTEN).delete()
        key = secrets.token_hex(6)
        presence = cls(key, f"{_place()}:{os.getpid()}:{key}")
        Worker.objects.create(
            name=presence.name,
            host=socket.gethostname()[:100],
            pid=os.getpid(),
            engine=engine,
            slots=slots,
            started_at=now,
            beat_at=now,
        )
        return presence

    def beat(self, *, in_flight: int, now: datetime) -> None:
        """Write the heartbeat; a row that somebody removed stays away until the next start."""
        Worker.objects.filter(name=self.name).update(beat_at=now, in_flight=in_flight)

    def leave(self) -> None:
        """Remove the row of this process."""
        Worker.objects.filter(name=self.name).delete()


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
