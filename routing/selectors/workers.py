"""Whether the work goes on: heartbeats and backlog."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from routing.models import Delivery, Inbound, InboundStatus, Worker

STALE_AFTER = timedelta(seconds=30)
"""A worker beats at least every five seconds; six missed beats are no hiccup."""
LATE_AFTER = timedelta(minutes=5)
"""A due delivery that nobody picked up for so long means that the workers do not get through."""


@dataclass(frozen=True, slots=True)
class WorkState:
    """What the red bar, the health check and the metrics say."""

    alive: int
    """Workers with a fresh heartbeat."""
    last_beat_at: datetime | None
    waiting: int
    """Deliveries and received webhooks that somebody must still work on."""
    oldest_due_at: datetime | None
    """When the oldest delivery that could be sent became due."""

    def is_late(self, now: datetime) -> bool:
        """True when due work lies about for longer than `LATE_AFTER`."""
        return self.oldest_due_at is not None and now - self.oldest_due_at > LATE_AFTER


def celery_slots(now: datetime) -> int:
    """How many sends at once one relay of ids may ask of the Celery workers: their slots, shared among the relays."""
    alive = Worker.objects.filter(beat_at__gt=now - STALE_AFTER).values_list("engine", "slots")
    engines = [engine for engine, _ in alive]
    return -(-sum(slots for engine, slots in alive if engine == "celery") // max(1, engines.count("relay")))


def work_state(now: datetime) -> WorkState:
    """The state at `now`, by partial indexes: cheap with any size of log."""
    beats = list(Worker.objects.values_list("beat_at", flat=True))
    due = Delivery.objects.filter(due_at__lte=now, status="pending", target__enabled=True)
    undecided = Inbound.objects.filter(status=InboundStatus.RECEIVED).count()
    return WorkState(
        alive=sum(now - beat < STALE_AFTER for beat in beats),
        last_beat_at=max(beats, default=None),
        waiting=Delivery.objects.filter(finished_at__isnull=True).count() + undecided,
        oldest_due_at=due.aggregate(oldest=Min("due_at"))["oldest"],
    )
