"""Digests: what they say, and what their end means for those folded into them."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, IntegerField, Max, Q, QuerySet, Value, When

from integrations.contract import ListedAlert, Listing, Severity, Text
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Thread
from routing.services.engine import lines, outbox
from routing.services.engine.storms import ABOUT_CONTENT, CHUNK

LISTED = 10
"""How many problems a digest names."""

_LOUDNESS = Case(
    *[When(severity=severity.value, then=Value(severity.loudness)) for severity in Severity],
    default=Value(0),
    output_field=IntegerField(),
)


def listing(digest: int) -> Listing:
    """What a digest says of those that wait for it: exact counts, and the loudest problems with their links."""
    members = _waiting(digest)
    projects = members.values_list("project_slug").annotate(count=Count("id")).order_by("-count", "project_slug")
    per_project = tuple((slug, count) for slug, count in projects)
    total = sum(count for _, count in per_project)
    return Listing(
        title=Text(f"{total} alerts at once, in one message", f"告警集中爆发：{total} 条告警合并为一条消息"),
        total=total,
        per_project=per_project,
        alerts=_loudest(members),
        link=f"{settings.PUBLIC_URL}/admin/routing/delivery/{digest}/change/",
    )


def ended() -> list[int]:
    """Digests that have ended while firings still wait for them: what a worker that died left to be done."""
    waiting = Delivery.objects.filter(finished_at__isnull=True, digest__finished_at__isnull=False)
    return sorted({digest for digest in waiting.values_list("digest", flat=True) if digest})


def end_members(digest: int, now: datetime, *, after: int = 0) -> int | None:
    """End some of those folded into an ended digest, in one short transaction.

    Returns the last one's id, to go on after it; None when there are none left.
    """
    members = list(_waiting(digest).filter(pk__gt=after).order_by("id").values_list("id", "thread_id")[:CHUNK])
    end = Delivery.objects.filter(pk=digest, finished_at__isnull=False).values_list("status", "reason").first()
    if not members or end is None:
        return None
    with transaction.atomic():
        threads = {thread for _, thread in members if thread}
        outbox.lock_threads(list(threads))
        _end(_waiting(digest).filter(pk__in=[member for member, _ in members]), *end, now)
        lines.advance(threads, now)
    return members[-1][0]


def _waiting(digest: int) -> QuerySet[Delivery]:
    return Delivery.objects.filter(digest=digest, finished_at__isnull=True)


def _end(members: QuerySet[Delivery], status: str, reason: str, now: datetime) -> None:
    """A digest that was delivered has told its members; one that the target refuses as a target is refused for all.

    In every other case the members are sent alone, or folded anew: nothing may vanish with a digest.
    """
    if status == DeliveryStatus.DELIVERED:
        members.update(
            status=DeliveryStatus.DELIVERED, reason=DeliveryReason.IN_DIGEST, finished_at=now, fallback_at=None
        )
    elif status == DeliveryStatus.DEAD and reason not in ABOUT_CONTENT:
        end = {"status": DeliveryStatus.DEAD, "reason": reason, "finished_at": now}
        with_fallback = Q(fallback_of=None, resend_of=None, target__fallback__isnull=False)
        owed = list(members.filter(with_fallback).values_list("pk", flat=True))
        members.exclude(pk__in=owed).update(**end, fallback_at=None)
        Delivery.objects.filter(pk__in=owed).update(**end, fallback_at=now)
    else:
        members.update(digest=None)


def _loudest(members: QuerySet[Delivery]) -> tuple[ListedAlert, ...]:
    groups: Sequence[tuple[int, int, int]] = list(
        members.values_list("thread")
        .annotate(loudness=Max(_LOUDNESS), count=Count("id"))
        .order_by("-loudness", "-count", "thread")[:LISTED]
    )
    threads = Thread.objects.in_bulk([thread for thread, _, _ in groups])
    by_loudness = {severity.loudness: severity for severity in Severity}
    return tuple(
        ListedAlert(
            title=threads[thread].title,
            project_slug=threads[thread].project_slug or None,
            severity=by_loudness[loudness],
            link=threads[thread].link or None,
            count=count,
        )
        for thread, loudness, count in groups
    )
