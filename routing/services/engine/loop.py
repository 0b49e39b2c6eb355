"""The delivery engine of one process: what it does over and over, how it begins and how it ends."""

import random
from collections.abc import Callable
from datetime import datetime
from time import monotonic

import structlog
from django.db import DatabaseError, connection

from routing.services.delivering import Result
from routing.services.engine.chores import Chores
from routing.services.engine.clock import DatabaseClock
from routing.services.engine.composing import Job
from routing.services.engine.dispatching import Dispatcher
from routing.services.engine.presence import BUSY_SECONDS, IDLE_SECONDS, Presence
from routing.services.engine.publishing import Publish, Publisher
from routing.services.engine.waking import ChangeWatch, Listener

LONGEST_LOOK_SECONDS = 1.0
"""A worker looks at least this often, whoever forgot to wake it."""

DRAIN_SECONDS = 11.0
"""How long an orderly end waits for what is being sent; an attempt takes ten seconds at most."""

CHORE_SECONDS = 2.0
"""How long an orderly end waits for the chore that is under way."""

FIRST_PAUSE, LAST_PAUSE = 0.1, 2.0
"""Seconds between attempts while the database does not answer."""

log = structlog.get_logger(__name__)


def symmetric_jitter() -> float:
    """A random number in [-1, 1]."""
    return random.uniform(-1, 1)  # noqa: S311 - spreads retries, guards nothing


class Engine:
    """Sends what is due until told to stop. `interval`: seconds between two looks at an SQLite file.

    With `publish` it is a relay: it hands out ids instead of sending, and does everything else just the same.

    `is_orphan` is asked once a second whether the process that started this one is gone, which ends it, too.
    """

    def __init__(
        self,
        *,
        slots: int,
        interval: float,
        send: Callable[[Job], Result],
        clock: DatabaseClock,
        jitter: Callable[[], float] = symmetric_jitter,
        is_orphan: Callable[[], bool] = lambda: False,
        publish: Publish | None = None,
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._is_orphan = is_orphan
        self._stopping = False
        self._presence = Presence(engine="relay" if publish else "embedded", slots=0 if publish else slots, clock=clock)
        self._dispatcher: Dispatcher | Publisher = (
            Publisher(publish=publish, clock=clock)
            if publish
            else Dispatcher(slots=slots, send=send, key=self._presence.key, clock=clock, jitter=jitter)
        )
        self._chores = Chores(clock=self._clock, wake=self._dispatcher.wake)
        self._next_look: float = 0.0
        self._beat_at: float = 0.0

    def stop(self) -> None:
        """End in an orderly way; may be called from a signal handler or another thread, and more than once."""
        self._stopping = True
        self._dispatcher.wake()

    def run(self) -> None:
        """Work until stopped. A database that goes away is waited for; nothing else ends it."""
        watch = ChangeWatch() if connection.vendor == "sqlite" else None
        listener = None if watch else Listener(self._dispatcher.wake)
        if listener:
            listener.start()
        self._chores.start()
        pause = FIRST_PAUSE
        while not self._stopping:
            try:
                self._once(watch)
                pause = FIRST_PAUSE
            except DatabaseError as error:
                log.warning("database_unavailable", error=type(error).__name__, detail=str(error)[:200])
                connection.close()
                self._dispatcher.wait(pause)
                pause = min(pause * 2, LAST_PAUSE)
                self._next_look = 0.0
        log.info("stopping", in_flight=self._dispatcher.slots.in_flight)
        self._end()
        if listener:
            listener.stop()

    def work_off(self) -> None:
        """Send what is due now, and what is stored but undecided, then return. Raises DatabaseError."""
        try:
            self._beat()
            done = 1
            while done and not self._stopping:
                self._chores.do_all()
                done = self._work_off_due()
        finally:
            self._end()

    def _work_off_due(self) -> int:
        """Turn after turn until nothing is due any more; what waits for a slot within its target's limits is due."""
        settled = 0
        while not self._stopping:
            again_at = self._dispatcher.claim()
            if not self._dispatcher.slots.in_flight and not self._dispatcher.waits_for_slot:
                break
            self._dispatcher.wait(min(self._seconds_until(again_at), LONGEST_LOOK_SECONDS))
            settled += self._dispatcher.settle() is not None
            self._dispatcher.renew()
        return settled

    def _once(self, watch: ChangeWatch | None) -> None:
        """Wait for something to happen, then settle, renew and claim as needed."""
        self._beat()
        longest = self._interval if watch else LONGEST_LOOK_SECONDS
        woken = self._dispatcher.wait(min(longest, max(self._next_look - monotonic(), 0.0)))
        woken |= watch.has_changed() if watch else False
        settled = self._dispatcher.settle()
        if settled:
            self._chores.after_settling(settled)
        self._dispatcher.renew()
        if woken:
            self._chores.hurry()
        if woken or settled or monotonic() >= self._next_look:
            again_at = self._dispatcher.claim()
            self._next_look = monotonic() + min(self._seconds_until(again_at), LONGEST_LOOK_SECONDS)

    def _beat(self) -> None:
        if monotonic() < self._beat_at:
            return
        self._clock.compare()
        in_flight = self._dispatcher.slots.in_flight
        self._presence.beat(in_flight=in_flight)
        self._beat_at = monotonic() + (BUSY_SECONDS if in_flight else IDLE_SECONDS)
        if self._is_orphan():
            self.stop()

    def _seconds_until(self, moment: datetime | None) -> float:
        return LONGEST_LOOK_SECONDS if moment is None else max((moment - self._clock()).total_seconds(), 0.0)

    def _end(self) -> None:
        """Settle what is under way and disappear; a database that does not answer leaves it to the leases."""
        try:
            self._dispatcher.drain(DRAIN_SECONDS)
            self._chores.stop(CHORE_SECONDS)
            self._presence.leave()
        except DatabaseError as error:
            log.warning("ended_without_database", error=type(error).__name__)
        self._dispatcher.close()
