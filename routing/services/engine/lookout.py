"""The lookout: which targets take something now, as far as time, limits, breakers and storms go."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from routing.selectors.known_targets import KnownTarget, TargetBook
from routing.services.engine import limiting, outbox, storms
from routing.services.engine.claiming import Wish
from routing.services.engine.outbox import Queue


class Lookout:
    """Looks at everything that waits. Reads alone, but for a storm, which it folds."""

    def __init__(self) -> None:
        self.waits_for_slot = False
        """True when, at the last look, something due waited for nothing but its target's limits."""
        self._book = TargetBook()

    def targets(self, queues: Sequence[Queue]) -> Mapping[int, KnownTarget]:
        """The targets as they were when these queues were read."""
        return self._book.at(queues[0].stamp) if queues else {}

    def ready(self, now: datetime) -> tuple[list[Wish], Mapping[int, KnownTarget], datetime | None]:
        """Wishes without amounts for the targets that take something now, the most urgent first.

        And all targets, and the next moment at which another one will take something.
        """
        queues = outbox.queues()
        targets = self.targets(queues)
        storming = {queue.target for queue in queues if _due_at(queue) <= now and _fold(queue, targets, now)}
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
            else:
                ready.append(Wish(queue, known, 0))
        ready.sort(key=lambda wish: (not _is_critical(wish.queue, now), _due_at(wish.queue)))
        return ready, targets, min(later, default=None)


def _fold(queue: Queue, targets: Mapping[int, KnownTarget], now: datetime) -> bool:
    """True when there is more to fold than one step takes."""
    known = targets.get(queue.target)
    return storms.fold(queue, known, now) if known and known.folds_storms else False


def _due_at(queue: Queue) -> datetime:
    """When the first delivery of a queue that is not empty is due."""
    return min(due for due in (queue.critical_due, queue.other_due) if due)


def _is_critical(queue: Queue, now: datetime) -> bool:
    return queue.critical_due is not None and queue.critical_due <= now
