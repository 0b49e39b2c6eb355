"""Dispatching: due deliveries are claimed, handed to sending threads, and settled as their results come back.

All of it but the sending happens in the thread that calls these methods, so one database connection is enough.
Nothing is held in memory that a crash could lose: an unsettled claim runs out, and its delivery is due again.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic

import structlog
from structlog.contextvars import bound_contextvars

from integrations.contract import Outcome, OutcomeKind, Reason
from routing.services.delivering import Result
from routing.services.engine.claiming import RENEW_SECONDS
from routing.services.engine.composing import Job
from routing.services.engine.flights import Flights
from routing.services.engine.lookout import Lookout
from routing.services.engine.settling import Settled
from routing.services.engine.slots import Slots

GATHER_SECONDS = 0.003
"""How long a result waits for others to be written down with it, while there are others under way."""

ANOTHER_LOOK = timedelta(milliseconds=20)
"""When to look again at what another worker had in its hands."""

log = structlog.get_logger(__name__)


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
        self._send, self._clock = send, clock
        self._pool = ThreadPoolExecutor(self.slots.total, thread_name_prefix="send")
        self._arrivals: SimpleQueue[Result | None] = SimpleQueue()
        self._ended: list[Result] = []
        self._flights = Flights(key=key, clock=clock, jitter=jitter)
        self._lookout = Lookout()

    @property
    def waits_for_slot(self) -> bool:
        """True when, at the last look, something due waited for nothing but its target's limits."""
        return self._lookout.waits_for_slot

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
        settled = self._flights.settle(self._ended)
        now = monotonic()
        for result in self._ended:
            self.slots.give_back(result.job.target.id, result.job.row.id, now)
        self._ended = []
        return settled

    def renew(self) -> None:
        """Prolong the leases of what has been under way for a while."""
        self._flights.renew()

    def claim(self) -> datetime | None:
        """Claim and begin to send what is due, as far as there is room; returns when to look again, None for no time."""
        self._flights.release_unsent()
        now = self._clock()
        ready, targets, next_look = self._lookout.ready(now)
        shares = self.slots.share([wish.known.id for wish in ready], monotonic())
        wishes = [replace(wish, amount=shares[wish.known.id]) for wish in ready if wish.known.id in shares]
        if not wishes:
            return next_look
        jobs = self._flights.begin(wishes, targets, now)
        self._hand_over(jobs)
        return next_look if jobs else min(next_look or now + ANOTHER_LOOK, now + ANOTHER_LOOK)

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

    def _hand_over(self, jobs: Sequence[Job]) -> None:
        started = monotonic()
        for job in jobs:
            self.slots.take(job.target.id, job.row.id, started)
            self._pool.submit(self._attempt, job)

    def _attempt(self, job: Job) -> None:
        self._arrivals.put(attempt(job, send=self._send, clock=self._clock))


def attempt(job: Job, *, send: Callable[[Job], Result], clock: Callable[[], datetime]) -> Result:
    """One attempt that always has a result: an error of ours is a failed attempt, too.

    Whatever is logged on the way names the delivery.
    """
    with bound_contextvars(delivery=job.row.id):
        try:
            result = send(job)
        except Exception:
            log.exception("send_failed")
            outcome = Outcome(kind=OutcomeKind.RETRY, reason=Reason.RENDER_FAILED)
            return Result(job=job, outcome=outcome, started_at=clock())
        if result.outcome is not None and result.outcome.kind != OutcomeKind.SENT:
            log.warning(
                "attempt_failed",
                target=job.target.name,
                outcome=str(result.outcome.kind),
                reason=str(result.outcome.reason),
                http_status=result.http_status,
            )
        return result
