"""Flights: the deliveries that one process is sending, from their claims to their results.

Belongs to one thread. Nothing here is needed after a crash: a claim that nobody renews runs out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from routing.selectors.known_targets import KnownTarget
from routing.services.delivering import Result
from routing.services.engine import claiming, composing
from routing.services.engine.claiming import RENEW_SECONDS, Wish
from routing.services.engine.composing import Job
from routing.services.engine.settling import Settled, settle


class _Flight(NamedTuple):
    claim: str
    renewed_at: float


class Flights:
    """What this process holds. `key` begins its claims; `jitter` answers in [-1, 1]."""

    def __init__(self, *, key: str, clock: Callable[[], datetime], jitter: Callable[[], float]) -> None:
        self._key, self._clock, self._jitter = key, clock, jitter
        self._flights: dict[int, _Flight] = {}
        self._unsent: dict[int, str] = {}
        self._claims = 0

    def __len__(self) -> int:
        return len(self._flights)

    def release_unsent(self) -> None:
        """Give back what was claimed when the database went away before it could be read."""
        if self._unsent:
            claiming.release(self._unsent, self._clock())
            self._unsent = {}

    def begin(self, wishes: Sequence[Wish], targets: Mapping[int, KnownTarget], now: datetime) -> list[Job]:
        """Claim what is wished for; returns what is to be sent."""
        self._claims += 1
        token = f"{self._key}.{self._claims:x}"
        live = {flight.claim for flight in self._flights.values()}
        ids = claiming.claim(wishes, token=token, live=live, now=now)
        self._unsent = dict.fromkeys(ids, token)
        jobs = composing.load(ids, claim=token, targets=targets)
        self._unsent = {}
        started = monotonic()
        self._flights |= {job.row.id: _Flight(token, started) for job in jobs}
        return jobs

    def settle(self, results: Sequence[Result]) -> Settled:
        """Write down what came back; what fails to be written may be given again."""
        settled = settle(results, now=self._clock(), jitter=self._jitter)
        self.forget(result.job.row.id for result in results)
        return settled

    def forget(self, deliveries: Iterable[int]) -> None:
        """Leave to their leases what cannot be settled."""
        for delivery in deliveries:
            self._flights.pop(delivery, None)

    def renew(self) -> None:
        """Prolong the leases of what has been under way for a while."""
        before = monotonic() - RENEW_SECONDS
        old = {pk: flight for pk, flight in self._flights.items() if flight.renewed_at < before}
        if old:
            claiming.renew({pk: flight.claim for pk, flight in old.items()}, self._clock())
            renewed_at = monotonic()
            self._flights |= {pk: flight._replace(renewed_at=renewed_at) for pk, flight in old.items()}
