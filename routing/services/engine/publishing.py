"""Publishing: with a broker, a worker hands out the ids of due deliveries instead of sending them.

It publishes no more than the Celery workers can send at once, shared among targets as an engine shares its own slots,
so that a target that hangs never fills the broker. What the broker loses is published again: the queue is the table.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from time import monotonic
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from routing.models import Delivery, DeliveryStatus, MessageType
from routing.selectors.known_targets import KnownTarget
from routing.selectors.workers import celery_slots
from routing.services.engine import limiting
from routing.services.engine.claiming import Wish
from routing.services.engine.lookout import Lookout
from routing.services.engine.settling import Settled
from routing.services.engine.slots import Slots

Publish = Callable[[Sequence[int]], bool]
"""Gives ids to the broker; False when it did not take all of them."""

REDISPATCH = timedelta(seconds=15)
"""After this what nobody has begun to send is published again: longer than one attempt, which a free slot may take."""

REST = timedelta(milliseconds=100)
"""How long a target rests of which a Celery worker could not have a delivery."""

ANOTHER_LOOK = timedelta(milliseconds=20)
"""When to look again while a target has more than its share, and there is room."""

FIRST_SILENCE, LAST_SILENCE = 0.25, 2.0
"""Seconds between attempts while the broker takes nothing."""


class _State(NamedTuple):
    status: str
    due_at: datetime | None
    queued_until: datetime | None
    message_type: str
    fallback_at: datetime | None

    def is_sending(self, now: datetime) -> bool:
        return self.status == DeliveryStatus.SENDING and self.due_at is not None and self.due_at > now

    def is_queued(self, now: datetime) -> bool:
        is_waiting = self.status == DeliveryStatus.PENDING and self.due_at is not None
        return is_waiting and self.queued_until is not None and self.queued_until > now

    def is_refused(self, now: datetime) -> bool:
        return self.status == DeliveryStatus.PENDING and self.due_at is not None and self.due_at <= now


class Publisher:
    """The ids that one process has handed out; belongs to one thread, but for `wake`."""

    def __init__(self, *, publish: Publish, clock: Callable[[], datetime]) -> None:
        self.slots = Slots(0)
        self._publish, self._clock = publish, clock
        self._lookout = Lookout()
        self._targets: dict[int, int] = {}
        """Delivery -> target, for everything that is with the broker or a Celery worker."""
        self._queued: set[int] = set()
        """Those of them that nobody was seen sending."""
        self._rests: dict[int, datetime] = {}
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._silence, self._silent_until = FIRST_SILENCE, 0.0

    @property
    def waits_for_slot(self) -> bool:
        """True when, at the last look, something due waited for nothing but its target's limits."""
        return self._lookout.waits_for_slot

    def wake(self) -> None:
        """End a wait; may be called from any thread and from a signal handler."""
        self._wakes.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait, for at most so long; True when somebody called `wake`."""
        try:
            self._wakes.get(timeout=max(seconds, 0.001))
        except Empty:
            return False
        while not self._wakes.empty():
            self._wakes.get_nowait()
        return True

    def settle(self) -> Settled | None:
        """Look what has become of the ids handed out; None when all are still under way."""
        if not self._targets:
            return None
        now = self._clock()
        columns = Delivery.objects.filter(pk__in=self._targets).values_list("pk", *_State._fields)
        states = {row[0]: _State._make(row[1:]) for row in columns}
        self._queued &= {pk for pk, state in states.items() if state.is_queued(now)}
        ended = [
            pk for pk in self._targets if pk not in self._queued and not (pk in states and states[pk].is_sending(now))
        ]
        for pk in ended:
            if pk in states and states[pk].is_refused(now):
                self._rests[self._targets[pk]] = now + REST
        self._forget(ended)
        return _left_to_do([(pk, states[pk]) for pk in ended if pk in states], now) if ended else None

    def renew(self) -> None:
        """Nothing: who sends renews."""

    def claim(self) -> datetime | None:
        """Publish what is due, as far as somebody is free to send it; returns when to look again, None for no time."""
        now = self._clock()
        if (silent := self._silent_until - monotonic()) > 0:
            return now + timedelta(seconds=silent)
        self.slots.resize(celery_slots(now))
        self._rests = {target: until for target, until in self._rests.items() if until > now}
        ready, _, next_look = self._lookout.ready(now)
        wishes = self._affordable(ready, now)
        chosen = self._enqueue(wishes, now)
        if chosen and not self._hand_out(chosen):
            return now + timedelta(seconds=self._silence)
        looks = [*self._rests.values(), *([next_look] if next_look else [])]
        if self.slots.free and any(count == wish.amount for wish, count in _counted(wishes, chosen)):
            looks.append(now + ANOTHER_LOOK)
        return min(looks, default=None)

    def drain(self, seconds: float) -> None:
        """Nothing: what was handed out is sent without this process."""

    def close(self) -> None:
        """Nothing: connections to the broker end with the process."""

    def _affordable(self, ready: Sequence[Wish], now: datetime) -> list[Wish]:
        """How many of each target: no more than its share, and than it would take beside what is queued already."""
        awake = [wish for wish in ready if wish.known.id not in self._rests]
        shares = self.slots.share([wish.known.id for wish in awake], monotonic())
        queued = Counter(self._targets[pk] for pk in self._queued)
        wishes = []
        for wish in awake:
            share, known = shares.get(wish.known.id, 0), wish.known
            pending = self.slots.held_by(known.id) if wish.queue.probe_at else queued[known.id]
            takes = limiting.takes(wish.queue, known, wanted=share + pending, now=now) - pending
            if (amount := min(share, takes)) > 0:
                wishes.append(replace(wish, amount=amount))
        return wishes

    def _enqueue(self, wishes: Sequence[Wish], now: datetime) -> Mapping[int, KnownTarget]:
        if not wishes:
            return {}
        with transaction.atomic():
            chosen = {pk: wish.known for wish in wishes for pk in _publishable(wish, now)}
            Delivery.objects.filter(pk__in=chosen).update(queued_until=now + REDISPATCH)
        return chosen

    def _hand_out(self, chosen: Mapping[int, KnownTarget]) -> bool:
        started = monotonic()
        for pk, known in chosen.items():
            if pk not in self._targets:
                self.slots.take(known.id, pk, started)
            self._targets[pk] = known.id
            self._queued.add(pk)
        if self._publish(list(chosen)):
            self._silence = FIRST_SILENCE
            return True
        unqueue(self._queued)  # also what it took before: it may have lost that, and a repeated id does no harm
        self._forget(list(self._queued))
        self._silence = min(self._silence * 2, LAST_SILENCE)
        self._silent_until = monotonic() + self._silence
        return False

    def _forget(self, deliveries: Sequence[int]) -> None:
        now = monotonic()
        for pk in deliveries:
            self.slots.give_back(self._targets.pop(pk), pk, now)
        self._queued.difference_update(deliveries)


def unqueue(deliveries: Sequence[int] | set[int]) -> int:
    """Let deliveries be published again at once; returns how many were not being sent or done already."""
    return Delivery.objects.filter(pk__in=deliveries, queued_until__isnull=False).update(queued_until=None)


def _counted(wishes: Sequence[Wish], chosen: Mapping[int, KnownTarget]) -> list[tuple[Wish, int]]:
    counts = Counter(known.id for known in chosen.values())
    return [(wish, counts[wish.known.id]) for wish in wishes]


def _publishable(wish: Wish, now: datetime) -> list[int]:
    """The first due deliveries of a target that are with nobody; locked, because another relay may look, too."""
    due = Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",)).filter(
        Q(queued_until__isnull=True) | Q(queued_until__lte=now),
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        target=wish.known.id,
        due_at__lte=now,
    )
    return list(due.order_by("priority", "due_at", "id").values_list("pk", flat=True)[: wish.amount])


def _left_to_do(ended: Sequence[tuple[int, _State]], now: datetime) -> Settled:
    digests = (pk for pk, state in ended if state.message_type == MessageType.DIGEST and state.due_at is None)
    return Settled(
        owes_fallback=any(state.fallback_at is not None and state.fallback_at <= now for _, state in ended),
        ended_digests=tuple(digests),
    )
