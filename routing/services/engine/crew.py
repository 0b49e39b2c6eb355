"""The crew: what a Celery worker process does with the ids it is handed. Claims, limits and results are the engine's.

Tasks bring ids and send; one thread talks to the database for all of them, so a process needs one connection.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic

import structlog
from django.db import DatabaseError, connection

from routing.models import Delivery
from routing.selectors.known_targets import TargetBook
from routing.services.delivering import Result, open_door
from routing.services.delivering import deliver as _attempt
from routing.services.engine import outbox, publishing
from routing.services.engine.claiming import Wish
from routing.services.engine.clock import DatabaseClock
from routing.services.engine.composing import Job
from routing.services.engine.dispatching import GATHER_SECONDS, attempt
from routing.services.engine.flights import Flights
from routing.services.engine.loop import DRAIN_SECONDS, symmetric_jitter
from routing.services.engine.presence import BUSY_SECONDS, Presence
from routing.services.engine.waking import notify_workers

TURN_SECONDS = 0.5
PAUSE_SECONDS = 0.5
"""Between attempts while the database does not answer."""

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _Errand:
    delivery: int
    job: "Future[Job | None]" = field(default_factory=Future)
    result: Result | None = None
    written: "Future[bool]" = field(default_factory=Future)


class Crew:
    """The sends of one process. `send` makes one attempt and never touches the database."""

    def __init__(
        self,
        *,
        slots: int,
        send: Callable[[Job], Result],
        clock: DatabaseClock,
        jitter: Callable[[], float] = symmetric_jitter,
    ) -> None:
        self._send, self._clock = send, clock
        self._presence = Presence(engine="celery", slots=slots, clock=clock)
        self._flights = Flights(key=self._presence.key, clock=clock, jitter=jitter)
        self._book = TargetBook()
        self._arrivals: SimpleQueue[_Errand | None] = SimpleQueue()
        self._asked: list[_Errand] = []
        self._ended: list[_Errand] = []
        self._beat_at = 0.0
        self._closing = False
        self._has_left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crew", daemon=True)

    def start(self) -> None:
        """Make this process known, and take ids from now on."""
        self._thread.start()

    def deliver(self, delivery: int) -> bool:
        """Make one attempt, if it is this process that gets to; returns when its result is committed.

        False when there was nothing to do: done already, in other hands, not due, or its target takes nothing now.
        """
        errand = _Errand(delivery)
        self._arrivals.put(errand)
        job = errand.job.result()
        if job is None:
            return False
        errand.result = attempt(job, send=self._send, clock=self._clock)
        self._arrivals.put(errand)
        return errand.written.result()

    def stop(self) -> None:
        """Finish what is under way, give back what is not, and disappear; what takes too long runs out of its lease."""
        self._closing = True
        self._arrivals.put(None)
        self._has_left.wait(DRAIN_SECONDS)

    def _run(self) -> None:
        while True:
            try:
                self._once()
            except DatabaseError as error:
                log.warning("database_unavailable", error=type(error).__name__, detail=str(error)[:200])
                connection.close()
                self._give_up(has_time=not self._closing)
            except Exception:
                log.exception("turn_failed")
                self._give_up(has_time=False)

    def _give_up(self, *, has_time: bool) -> None:
        """Wait for the database; without time for that, leave to leases and the relay what cannot be written."""
        if not has_time:
            for errand in self._asked:
                errand.job.set_result(None)
            for errand in self._ended:
                self._flights.forget([errand.delivery])
                errand.written.set_result(False)
            self._asked, self._ended = [], []
        threading.Event().wait(PAUSE_SECONDS)

    def _once(self) -> None:
        """Wait for ids and results, write down the results, claim the ids."""
        self._collect()
        self._flights.release_unsent()
        self._beat()
        self._settle()
        self._claim()
        self._flights.renew()
        if self._closing and not self._flights and not self._has_left.is_set():
            self._presence.leave()
            self._has_left.set()

    def _collect(self) -> None:
        until = monotonic() + TURN_SECONDS
        while (left := until - monotonic()) > 0:
            try:
                errand = self._arrivals.get(timeout=left)
            except Empty:
                return
            if errand is None:
                return
            (self._asked if errand.result is None else self._ended).append(errand)
            until = min(until, monotonic() + GATHER_SECONDS)

    def _beat(self) -> None:
        if monotonic() >= self._beat_at and not self._has_left.is_set():
            self._clock.compare()
            self._presence.beat(in_flight=len(self._flights))
            self._beat_at = monotonic() + BUSY_SECONDS

    def _settle(self) -> None:
        if not self._ended:
            return
        self._flights.settle([errand.result for errand in self._ended if errand.result is not None])
        notify_workers()
        for errand in self._ended:
            errand.written.set_result(True)
        self._ended = []

    def _claim(self) -> None:
        """Answer every task: its job, or that it is none of its business."""
        if not self._asked:
            return
        jobs = {job.row.id: job for job in self._jobs({errand.delivery for errand in self._asked})}
        refused = {errand.delivery for errand in self._asked} - set(jobs)
        for errand in self._asked:
            errand.job.set_result(jobs.pop(errand.delivery, None))
        self._asked = []
        if refused and publishing.unqueue(refused):
            notify_workers()

    def _jobs(self, deliveries: set[int]) -> Sequence[Job]:
        now = self._clock()
        due = Delivery.objects.filter(pk__in=deliveries, due_at__lte=now).values_list("pk", "target_id")
        by_target: dict[int | None, list[int]] = {}
        for pk, target in [] if self._closing else due:
            by_target.setdefault(target, []).append(pk)
        queues = [queue for queue in outbox.queues() if queue.target in by_target] if by_target else []
        if not queues:
            return []
        targets = self._book.at(queues[0].stamp)
        wishes = [
            Wish(queue, targets[queue.target], len(by_target[queue.target]), only=tuple(by_target[queue.target]))
            for queue in queues
            if queue.target in targets
        ]
        return self._flights.begin(wishes, targets, now)


_ours: Crew | None = None


def start(slots: int) -> None:
    """Let this process send, so many at a time; raises ValueError on unreadable settings."""
    global _ours
    clock = DatabaseClock()
    _ours = Crew(slots=slots, send=partial(_attempt, door=open_door(slots), clock=clock), clock=clock)
    _ours.start()


def deliver(delivery: int) -> bool:
    """As `Crew.deliver`, with the crew of this process; raises RuntimeError where there is none."""
    if _ours is None:
        raise RuntimeError("This process has no crew: ids are for the workers of relay_site.celery.")
    return _ours.deliver(delivery)


def stop() -> None:
    """As `Crew.stop`; nothing where there is no crew."""
    if _ours is not None:
        _ours.stop()
