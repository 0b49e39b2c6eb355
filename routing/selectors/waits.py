"""Who waits, for what, and until when: of single deliveries, and of everything for one target."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.db.models import Count, Min, Q, QuerySet

from routing.models import Delivery, DeliveryStatus, MessageType, Target
from routing.policy.limiting import slots
from routing.selectors.known_targets import known_target


class Wait(NamedTuple):
    """What an unfinished delivery waits for: a code of `routing.codes.WAITS`."""

    code: str
    until: datetime | None = None
    """When it is over, as far as that is known."""
    delivery: int | None = None
    """The older message of its line, or the digest, that it waits for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many wait for the same thing; `delivery` is the digest where it is one."""

    wait: Wait
    count: int


@dataclass(frozen=True, slots=True)
class Line:
    """What waits for one target."""

    count: int
    oldest_at: datetime | None
    waiting: Sequence[Waiting]
    fallback_at: datetime | None
    """When the fallback will be told of the first of them that is not delivered by then."""


_FOLDED, _BEHIND = Q(digest__isnull=False), Q(digest__isnull=True, due_at__isnull=True)
_SENDING = Q(status=DeliveryStatus.SENDING)


def waits_of(deliveries: Sequence[Delivery], now: datetime) -> dict[int, Wait]:
    """What each unfinished one of these waits for, by id; in four queries at most."""
    rows = [row for row in deliveries if row.finished_at is None]
    if not rows:
        return {}
    targets = Target.objects.in_bulk({row.target_id for row in rows if row.target_id is not None})
    holding = {pk: _held_by(target, now) for pk, target in targets.items()}
    digests = dict(Delivery.objects.filter(pk__in={row.digest_id for row in rows}).values_list("pk", "due_at"))
    heads = _heads({row.thread_id for row in rows if row.due_at is None and row.digest_id is None})
    return {row.pk: _wait(row, holding, digests, heads, now) for row in rows}


def line_of(target: Target, now: datetime) -> Line:
    """Everything that waits for a target, counted by what it waits for."""
    unfinished = Delivery.objects.filter(target=target, finished_at__isnull=True).order_by()
    alone = ~_SENDING & Q(digest__isnull=True, due_at__isnull=False)
    sums = unfinished.aggregate(
        count=Count("pk"),
        oldest=Min("created_at"),
        fallback=Min("fallback_at"),
        sending=Count("pk", filter=_SENDING),
        behind=Count("pk", filter=~_SENDING & _BEHIND),
        later=Count("pk", filter=alone & Q(due_at__gt=now)),
        next=Min("due_at", filter=alone & Q(due_at__gt=now)),
        due=Count("pk", filter=alone & Q(due_at__lte=now)),
    )
    found = Counter({Wait("sending"): sums["sending"]})
    found[_held_by(target, now)] += sums["due"]
    found[_paused(target) or Wait("next_attempt", sums["next"])] += sums["later"]
    found |= _folded(unfinished)
    found[Wait("behind")] += sums["behind"]
    waiting = [Waiting(wait, count) for wait, count in found.items() if count]
    return Line(sums["count"], sums["oldest"], waiting, sums["fallback"])


def _wait(
    row: Delivery,
    holding: dict[int, Wait],
    digests: dict[int, datetime | None],
    heads: dict[int, int],
    now: datetime,
) -> Wait:
    held = holding.get(row.target_id or 0, Wait("worker"))
    if row.status == DeliveryStatus.SENDING:
        return Wait("sending")
    if row.digest_id is not None:
        return Wait("digest", digests.get(row.digest_id), row.digest_id)
    if row.due_at is None:
        return Wait("behind", delivery=heads.get(row.thread_id or 0))
    if row.due_at <= now or held.code == "paused":
        return held
    return Wait("gathering" if row.message_type == MessageType.DIGEST else "next_attempt", row.due_at)


def _held_by(target: Target, now: datetime) -> Wait:
    """What keeps a target's due deliveries from being sent this moment."""
    if paused := _paused(target):
        return paused
    if target.probe_at is not None:
        return Wait("probe", target.probe_at if target.probe_at > now else None)
    known = known_target(target)
    if known is None or not known.is_limited:
        return Wait("worker")
    now_us = round(now.timestamp() * 1_000_000)
    grant = slots(
        now_us=now_us, second_tat=target.second_tat, minute_tat=target.minute_tat, limits=known.limits, wanted=0
    )
    if grant.next_free_us <= now_us:
        return Wait("worker")
    return Wait("limit", datetime.fromtimestamp(grant.next_free_us / 1_000_000, UTC))


def _paused(target: Target) -> Wait | None:
    return None if target.enabled else Wait("paused")


def _folded(unfinished: "QuerySet[Delivery]") -> "Counter[Wait]":
    members = unfinished.filter(_FOLDED).values_list("digest", "digest__due_at").annotate(count=Count("pk"))
    return Counter({Wait("digest", due_at, digest): count for digest, due_at, count in members.order_by("digest")})


def _heads(threads: set[int | None]) -> dict[int, int]:
    """The oldest unfinished delivery of each thread."""
    unfinished = Delivery.objects.filter(thread__in=threads - {None}, finished_at__isnull=True).order_by()
    return dict(unfinished.values_list("thread").annotate(first=Min("pk")))
