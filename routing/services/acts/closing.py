"""Closing alerts by hand: older Sentry never says that an issue was resolved, so their threads would stay open forever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from integrations.contract import SentryStatus, Severity
from routing.models import Delivery, DeliveryStatus, MessageType, Thread
from routing.policy.retrying import expires_at
from routing.selectors.known_targets import known_target
from routing.selectors.rounds import untold
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.engine import outbox
from routing.services.engine.waking import notify_workers


@dataclass(frozen=True, slots=True)
class Closing:
    """One thread that was closed, and what its target will hear of it."""

    thread: Thread
    recovery: Delivery | None = None
    """None when nobody asked for one, or when this target cannot be told or never heard of the problem."""


def close_threads(threads: Iterable[Thread], *, actor: Actor, tell: bool = False, note: str = "") -> list[Closing]:
    """Close every one that is open, each in a transaction of its own; returns those that were."""
    made = [close_thread(thread, actor=actor, tell=tell, note=note) for thread in threads]
    return [closing for closing in made if closing is not None]


@transaction.atomic
def close_thread(thread: Thread, *, actor: Actor, tell: bool = False, note: str = "") -> Closing | None:
    """Close an open thread, with `tell` sending its target a recovery; None when it is closed already.

    A later recovery from Sentry finds nobody to tell, and a later firing opens a new round.
    """
    now = timezone.now()
    outbox.lock_threads([thread.pk])
    current = Thread.objects.select_related("target").filter(pk=thread.pk, is_open=True).first()
    if current is None:
        return None
    recovery = _recovery(current, now) if tell else None
    Thread.objects.filter(pk=current.pk).update(
        is_open=False, closed_at=now, next_sequence=current.next_sequence + (recovery is not None)
    )
    told = {"told": recovery.pk if recovery else None}
    auditing.record(actor=actor, action="close_thread", obj=current, **told, note=note)
    if recovery is not None:
        notify_workers()
    return Closing(current, recovery)


def _recovery(thread: Thread, now: datetime) -> Delivery | None:
    """The recovery, at the end of the thread's line; it is about the alert that the target was last told of."""
    firing = _last_firing(thread)
    known = known_target(thread.target)
    if firing is None or known is None or known.forwards_original or untold([(thread.pk, thread.round)]):
        return None
    waits = Delivery.objects.filter(thread=thread, finished_at__isnull=True).exists()
    return Delivery.objects.create(
        inbound_id=firing.inbound_id,
        target=thread.target,
        target_name=thread.target.name,
        kind=thread.target.kind,
        thread=thread,
        round=thread.round,
        sequence=thread.next_sequence,
        severity=Severity.OK,
        sentry_status=SentryStatus.RESOLVED,
        alert_key=thread.alert_key,
        project_slug=thread.project_slug,
        is_test=firing.is_test,
        status=DeliveryStatus.PENDING,
        created_at=now,
        due_at=None if waits else now,
        expires_at=expires_at(now),
    )


def _last_firing(thread: Thread) -> Delivery | None:
    firings = Delivery.objects.filter(thread=thread, message_type=MessageType.ALERT, inbound__isnull=False)
    return firings.exclude(sentry_status=SentryStatus.RESOLVED).order_by("-id").first()
