"""Dispatching: due deliveries are claimed, handed to sending threads, and settled as their results come back.

All of it but the sending happens in the thread that calls these methods, so one database connection is enough.
Nothing is held in memory that a crash could lose: an unsettled claim runs out, and its delivery is due again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

import structlog

from integrations.contract import Outcome, OutcomeKind, Reason
from routing.selectors.known_targets import TargetBook
from routing.services import claiming, composing, limiting, outbox, storms
from routing.services.claiming import RENEW_SECONDS, Wish
from routing.services.composing import Job
from routing.services.delivering import Result
from routing.services.outbox import Queue
from routing.services.settling import Settled, settle
from routing.services.slots import Slots

GATHER_SECONDS = 0.003
"""How long a result waits for others to be written down with it, while there are others under way."""

ANOTHER_LOOK = timedelta(milliseconds=20)
"""When to look again at what another worker had in its hands."""

log = structlog.get_logger(__name__)


class _Flight(NamedTuple):
    claim: str
    target: int
    renewed_at: float


class Dispatcher:
    """The sends of one process. `key` begins its claims; `send` makes one attempt and never touches the database."""

    def __init__(
        self,
        *,
        slots: int,
        send: Callable[[Job], Result],
        key: str,
        clock: Callable[[], datetime],
        jitter: Callable[[], float],
    ) -> None:
        self.slots = Slots(slots)
        self.waits_for_slot = False
        """True when, at the last look, something due waited for nothing but its target's limits."""
        self._send, self._key, self._clock, self._jitter = send, key, clock, jitter
        self._pool = ThreadPoolExecutor(self.slots.total, thread_name_prefix="send")
        self._arrivals: SimpleQueue[Result | None] = SimpleQueue()
        self._ended: list[Result] = []
        self._flights: dict[int, _Flight] = {}
        self._unsent: dict[int, str] = {}
        self._book = TargetBook()
        self._claims = 0

    def wake(self) -> None:
        """End a wait; may be called from any thread and from a signal handler."""
        self._arrivals.put(None)

    def wait(self, seconds: float) -> bool:
        """Collect results, for at most so long; True when somebody called `wake`."""
        try:
            first = self._arrivals.get(timeout=max(seconds, 0.0)) if seconds > 0 else self._arrivals.get_nowait()
        except Empty:
            return False
        woken = self._collect(first)
        until = monotonic() + GATHER_SECONDS
        while (left := until - monotonic()) > 0 and 0 < len(self._ended) < self.slots.in_flight:
            try:
                woken |= self._collect(self._arrivals.get(timeout=left))
            except Empty:
                break
        while not self._arrivals.empty():
            woken |= self._collect(self._arrivals.get_nowait())
        return woken

    def settle(self) -> Settled | None:
        """Write down what came back; None when there was nothing. What fails to be written is tried again next time."""
        if not self._ended:
            return None
        settled = settle(self._ended, now=self._clock(), jitter=self._jitter)
        now = monotonic()
        for result in self._ended:
            row = result.job.row
            self._flights.pop(row.id, None)
            self.slots.give_back(result.job.target.id, row.id, now)
        self._ended = []
        return settled

    def renew(self) -> None:
        """Prolong the leases of what has been under way for a while."""
        before = monotonic() - RENEW_SECONDS
        old = {pk: flight for pk, flight in self._flights.items() if flight.renewed_at < before}
        if old:
            claiming.renew({pk: flight.claim for pk, flight in old.items()}, self._clock())
            renewed_at = monotonic()
            self._flights |= {pk: flight._replace(renewed_at=renewed_at) for pk, flight in old.items()}

    def claim(self) -> datetime | None:
        """Claim and begin to send what is due, as far as there is room; returns when to look again, None for no time."""
        if self._unsent:
            claiming.release(self._unsent, self._clock())
            self._unsent = {}
        now = self._clock()
        ready, next_look = self._ready(outbox.queues(), now)
        order = sorted(ready, key=lambda wish: (not _is_critical(wish.queue, now), _due_at(wish.queue)))
        shares = self.slots.share([wish.known.id for wish in order], monotonic())
        wishes = [Wish(wish.queue, wish.known, shares[wish.known.id]) for wish in order if wish.known.id in shares]
        if wishes and not self._begin(wishes, now):
            return min(next_look or now + ANOTHER_LOOK, now + ANOTHER_LOOK)
        return next_look

    def drain(self, seconds: float) -> None:
        """Begin nothing more, and settle what is under way within so many seconds; what is not, runs out of its lease."""
        until = monotonic() + seconds
        while self._flights and monotonic() < until:
            self.wait(min(until - monotonic(), RENEW_SECONDS))
            self.settle()
            self.renew()

    def close(self) -> None:
        """End the sending threads as they become free."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _collect(self, arrival: Result | None) -> bool:
        if arrival is None:
            return True
        self._ended.append(arrival)
        return False

    def _ready(self, queues: Sequence[Queue], now: datetime) -> tuple[list[Wish], datetime | None]:
        """Targets that take something now, and the next moment at which another one will."""
        targets = self._book.at(queues[0].stamp) if queues else {}
        folded = {queue.target: self._fold(queue, now) for queue in queues if _due_at(queue) <= now}
        if any(folded.values()):
            queues = outbox.queues()
        self.waits_for_slot = False
        ready, later = [], []
        for queue in queues:
            known = targets.get(queue.target)
            if known is None:
                continue
            due = _due_at(queue)
            free = limiting.ready_at(queue, known, now)
            self.waits_for_slot |= due <= now < free and queue.probe_at is None
            if max(due, free) > now:
                later.append(max(due, free))
            elif folded.get(queue.target, 0) >= storms.CHUNK:
                later.append(now)
            else:
                ready.append(Wish(queue, known, 0))
        return ready, min(later, default=None)

    def _fold(self, queue: Queue, now: datetime) -> int:
        known = self._book.at(queue.stamp).get(queue.target)
        return storms.fold(queue, known, now) if known and known.folds_storms else 0

    def _begin(self, wishes: Sequence[Wish], now: datetime) -> bool:
        """Claim and hand over; False when there was nothing to be had."""
        self._claims += 1
        token = f"{self._key}.{self._claims:x}"
        live = {flight.claim for flight in self._flights.values()}
        ids = claiming.claim(wishes, token=token, live=live, now=now)
        self._unsent = dict.fromkeys(ids, token)
        jobs = composing.load(ids, claim=token, targets=self._book.at(wishes[0].queue.stamp))
        self._unsent = {}
        started = monotonic()
        for job in jobs:
            self.slots.take(job.target.id, job.row.id, started)
            self._flights[job.row.id] = _Flight(token, job.target.id, started)
            self._pool.submit(self._attempt, job)
        return bool(jobs)

    def _attempt(self, job: Job) -> None:
        try:
            result = self._send(job)
        except Exception:
            log.exception("send_failed", delivery=job.row.id)
            outcome = Outcome(kind=OutcomeKind.RETRY, reason=Reason.RENDER_FAILED)
            result = Result(job=job, outcome=outcome, started_at=self._clock())
        self._arrivals.put(result)


def _due_at(queue: Queue) -> datetime:
    """When the first delivery of a queue that is not empty is due."""
    return min(due for due in (queue.critical_due, queue.other_due) if due)


def _is_critical(queue: Queue, now: datetime) -> bool:
    return queue.critical_due is not None and queue.critical_due <= now
