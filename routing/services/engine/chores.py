"""Chores: what a worker does beside sending, each on its own schedule, none of them able to stop the others."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog
from django.db import DatabaseError, connection

from routing.services import deciding, pruning
from routing.services.bulk import jobs
from routing.services.engine import digests, fallbacks, waiting
from routing.services.engine.joining import Joining
from routing.services.engine.settling import Settled
from routing.services.silences import silencing
from routing.services.upkeep import watching

log = structlog.get_logger(__name__)

_BREATH_SECONDS = 0.02
"""Between the steps of a chore that has more to do: on SQLite a step keeps everybody else from writing."""


@dataclass(slots=True)
class Chore:
    """Something to do every so many seconds. `work` answers how much it did: more than nothing means once again."""

    name: str
    seconds: float
    work: Callable[[datetime], int]
    due_at: float = 0.0


class _Round:
    """Chores that one thread does in turn, when it is their time."""

    def __init__(self, name: str, chores: Sequence[Chore], do: Callable[[Chore], None]) -> None:
        self.chores = chores
        self._do = do
        self._kick = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to do them."""
        self._thread.start()

    def end(self) -> None:
        """Begin no further one."""
        self._stopping.set()
        self._kick.set()

    def join(self, timeout: float) -> None:
        """Wait for the one that is under way."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def hurry(self, *names: str) -> None:
        """Do these at once."""
        for chore in self.chores:
            if chore.name in names:
                chore.due_at = 0
        self._kick.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = monotonic()
            for chore in self.chores:
                if chore.due_at <= now and not self._stopping.is_set():
                    self._do(chore)
            until = min(chore.due_at for chore in self.chores)
            self._kick.wait(max(0.0, until - monotonic()))
            if self._kick.is_set():
                self._kick.clear()
                self._stopping.wait(_BREATH_SECONDS)
        connection.close()


class Chores:
    """Does the chores, in threads of its own or when asked to. `wake` is called when one may have made work to send.

    Deciding has a thread to itself: what came in must not wait behind whatever else there is much of.
    """

    def __init__(self, *, clock: Callable[[], datetime], wake: Callable[[], None]) -> None:
        self._clock = clock
        self._wake = wake
        self._digests: dict[int, int] = {}
        decide = Chore("decide", 1, lambda now: deciding.decide_waiting())
        self._deciding = _Round("deciding", [decide], self._do)
        self._others = _Round("chores", self._everyday(), self._do)
        self._rounds = (self._deciding, self._others)

    def start(self) -> None:
        """Begin to do them on schedule."""
        for each in self._rounds:
            each.start()

    def stop(self, timeout: float) -> None:
        """Begin no further chore, and wait this many seconds for those that are under way."""
        for each in self._rounds:
            each.end()
        ends = monotonic() + timeout
        for each in self._rounds:
            each.join(max(0.0, ends - monotonic()))

    def hurry(self) -> None:
        """Something may have come in: look at once whether it has to be decided."""
        self._deciding.hurry("decide")

    def after_settling(self, settled: Settled) -> None:
        """Do at once what settling left to be done."""
        self._digests.update(dict.fromkeys(settled.ended_digests, 0))
        if settled.owes_fallback or settled.ended_digests:
            self._others.hurry("fallbacks", "end_digests")

    def do_all(self) -> int:
        """Do every chore until there is nothing left to do; returns how much was done. Raises what a chore raises."""
        total = 0
        self._find_ended_digests(self._clock())
        for chore in (chore for each in self._rounds for chore in each.chores):
            while done := chore.work(self._clock()):
                total += done
        return total

    def _everyday(self) -> list[Chore]:
        return [
            Chore("end_digests", 1, self._end_digests),
            Chore("fallbacks", 1, fallbacks.tell_due),
            Chore("storms", 2, Joining().step),
            Chore("bulk", 1, jobs.step),
            Chore("expire", 5, waiting.expire),
            Chore("summaries", 5, silencing.send_due_summaries),
            Chore("ended_digests", 30, self._find_ended_digests),
            Chore("stragglers", 30, waiting.free_stragglers),
            Chore("missed_recoveries", 60, fallbacks.tell_missed_recoveries),
            Chore("prune", 60, pruning.prune_step),
            Chore("watch", watching.EVERY.total_seconds(), watching.keep_watch),
        ]

    def _do(self, chore: Chore) -> None:
        chore.due_at = monotonic() + chore.seconds
        try:
            if chore.work(self._clock()):
                chore.due_at = monotonic() + _BREATH_SECONDS
                self._wake()
        except DatabaseError as error:
            log.warning("chore_interrupted", chore=chore.name, error=type(error).__name__)
            connection.close()
        except Exception:
            log.exception("chore_failed", chore=chore.name)

    def _end_digests(self, now: datetime) -> int:
        """End the members of digests that have ended, a step each."""
        for digest, after in list(self._digests.items()):
            last = digests.end_members(digest, now, after=after)
            if last is None:
                del self._digests[digest]
            else:
                self._digests[digest] = last
        return len(self._digests)

    def _find_ended_digests(self, now: datetime) -> int:
        """Find what a worker that died left to be done, and digests that ended otherwise than by being sent."""
        for digest in digests.ended():
            self._digests.setdefault(digest, 0)
        return 0
