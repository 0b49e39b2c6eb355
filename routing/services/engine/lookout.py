"""The lookout: which targets take something now, as far as time, limits, breakers and storms go."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from routing.selectors.known_targets import KnownTarget, TargetBook
from routing.services.engine import limiting, outbox, storms
from routing.services.engine.claiming import Wish
from routing.services.engine.outbox import Queue
from routing.services.engine.storms import Folded

REST = timedelta(seconds=0.25)


class Lookout:
    """Looks at everything that waits. Reads alone, but for a storm, which it folds."""

    def __init__(self) -> None:
        self.waits_for_slot = False
        """True when, at the last look, something due waited for nothing but its target's limits."""
        self._book = TargetBook()
        self._rests: dict[int, datetime] = {}
        """Targets whose alerts were just put into a digest that waits: each fold is a write, so it should be for many."""

    def targets(self, queues: Sequence[Queue]) -> Mapping[int, KnownTarget]:
        """The targets as they were when these queues were read."""
        return self._book.at(queues[0].stamp) if queues else {}

    def ready(self, now: datetime) -> tuple[list[Wish], Mapping[int, KnownTarget], datetime | None]:
        """Wishes without amounts for the targets that take something now, the most urgent first.

        And all targets, and the next moment at which another one will take something.
        """
        queues = outbox.queues()
        targets = self.targets(queues)
        self._rests = {target: until for target, until in self._rests.items() if until > now}
        storming = {queue.target for queue in queues if self._has_more_to_fold(queue, targets, now)}
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
            elif queue.target in storming:
                later.append(now)
            elif queue.target in self._rests and not _is_critical(queue, now):
                later.append(self._rests[queue.target])
            else:
                ready.append(Wish(queue, known, 0))
        ready.sort(key=lambda wish: (not _is_critical(wish.queue, now), _due_at(wish.queue)))
        return ready, targets, min(later, default=None)

    def _has_more_to_fold(self, queue: Queue, targets: Mapping[int, KnownTarget], now: datetime) -> bool:
        """Fold what has to be, but not again and again for a few; True when there is more than one step takes."""
        known = targets.get(queue.target)
        if _due_at(queue) > now or known is None or not known.folds_storms or queue.target in self._rests:
            return False
        folded = storms.fold(queue, known, now)
        if folded is Folded.TO_WAIT:
            self._rests[queue.target] = now + REST
        return folded is Folded.MORE


def _due_at(queue: Queue) -> datetime:
    """When the first delivery of a queue that is not empty is due."""
    return min(due for due in (queue.critical_due, queue.other_due) if due)


def _is_critical(queue: Queue, now: datetime) -> bool:
    return queue.critical_due is not None and queue.critical_due <= now
