"""Notices: the operations target is told when the relay needs a person, at most once an hour for one cause."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import override

from integrations.contract import Listing, Severity, Text
from routing.models import Delivery, DeliveryStatus, MessageType, Notice, Target
from routing.policy.listings import listing_to_json, text_to_json
from routing.policy.retrying import expires_at
from routing.services.engine.waking import notify_workers
from routing.services.storing.rows import FALLBACK_MINUTES

AGAIN_AFTER = timedelta(hours=1)


@transaction.atomic
def notify(cause: str, title: Text, now: datetime, *, again_after: timedelta = AGAIN_AFTER) -> None:
    """Note that `cause` (a code and what it is about, such as `dead:team`) happened; tell the operations target of it.

    It is told at once, and again only when an hour has passed since, or `again_after` while it lasts. Without an
    operations target it is only noted.
    """
    notice, is_new = Notice.objects.select_for_update().get_or_create(
        cause=cause, defaults={"title": text_to_json(title), "first_at": now, "last_at": now}
    )
    if not is_new:
        Notice.objects.filter(pk=notice.pk).update(
            title=text_to_json(title), count=F("count") + 1, last_at=now, over_at=None
        )
    target = Target.objects.filter(is_operations=True).first()
    if target is None or _is_too_soon(notice, again_after, now):
        return
    _tell(target, title, now)
    Notice.objects.filter(pk=notice.pk).update(told_at=now)


@transaction.atomic
def over(cause: str, now: datetime, title: Text | None = None) -> None:
    """Note that a cause has passed. Should it return within the hour, that is noted, and told when the hour is over.

    With a `title`, whoever was told of the cause is told that it has passed.
    """
    notice = Notice.objects.select_for_update().filter(cause=cause, over_at__isnull=True).first()
    if notice is None:
        return
    notice.over_at = now
    target = Target.objects.filter(is_operations=True).first()
    is_told = notice.told_at is not None and (notice.over_told_at is None or notice.over_told_at < notice.told_at)
    if title is not None and target is not None and is_told:
        _tell(target, title, now, Severity.OK)
        notice.over_told_at = now
    notice.save(update_fields=["over_at", "over_told_at"])


def _is_too_soon(notice: Notice, again_after: timedelta, now: datetime) -> bool:
    """`notice` is as it was before this time, so that it may say that the cause was over."""
    if notice.told_at is None:
        return False
    was_over = notice.over_at is not None or (notice.over_told_at or notice.told_at) > notice.told_at
    return now - notice.told_at < (AGAIN_AFTER if was_over else again_after)


def in_both_languages(sentence: Any) -> Text:
    """A translatable sentence as the integrations take it."""
    with override("en"):
        english = str(sentence)
    with override("zh-hans"):
        return Text(english, str(sentence))


def _tell(target: Target, title: Text, now: datetime, severity: Severity = Severity.WARNING) -> None:
    listing = Listing(title=title, link=f"{settings.PUBLIC_URL}/admin/")
    Delivery.objects.create(
        target=target,
        target_name=target.name,
        kind=target.kind,
        message_type=MessageType.OPERATIONS,
        message=listing_to_json(listing),
        severity=severity,
        status=DeliveryStatus.PENDING,
        priority=0,
        created_at=now,
        due_at=now,
        expires_at=expires_at(now),
        fallback_at=now + timedelta(minutes=FALLBACK_MINUTES) if target.fallback_id else None,
    )
    notify_workers()
