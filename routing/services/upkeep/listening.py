"""Learning the rhythm of sources and projects from what was received: every webhook is taken in once."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from routing.models import Inbound, Source
from routing.models import Rhythm as Row
from routing.policy.rhythms import KEPT, Rhythm, heard
from routing.selectors.rhythms import rhythm_of

AT_ONCE = 2000
"""Webhooks taken in by one short transaction."""
STEPS = 25
PROJECTS_AT_MOST = 2000
"""Of one source: what calls itself by ever new names is not learned."""


def listen(now: datetime) -> frozenset[int]:
    """Take in what came since the last time; returns the sources of which all was taken in."""
    return frozenset(source for source in Source.objects.values_list("pk", flat=True) if _listen_to(source, now))


def _listen_to(source: int, now: datetime) -> bool:
    if not Row.objects.filter(source=source, project_slug="").exists() and not _begin(source, now):
        return True
    for _ in range(STEPS):
        taken = _step(source)
        if taken < AT_ONCE:
            return taken >= 0
    return False


@transaction.atomic
def _step(source: int) -> int:
    """Take in some webhooks and return how many; -1 while another worker does."""
    whole = Row.objects.select_for_update(skip_locked=True).filter(source=source, project_slug="").first()
    if whole is None:
        return -1
    new = Inbound.objects.filter(source=source, id__gt=whole.read_to).order_by("id")
    found = list(new.values_list("id", "project_slug", "received_at", "is_test")[:AT_ONCE])
    _take_in(whole, [(slug, at) for _, slug, at, is_test in found if not is_test])
    if found:
        Row.objects.filter(pk=whole.pk).update(read_to=found[-1][0])
    return len(found)


def _begin(source: int, now: datetime) -> bool:
    """Make the row of the source as a whole with its first webhook; what is older than a rhythm goes is not read."""
    newest = Inbound.objects.filter(source=source).order_by("-id").values_list("received_at", flat=True).first()
    if newest is None or newest <= now - KEPT:
        return False
    kept = Inbound.objects.filter(source=source, received_at__gt=now - KEPT)
    oldest, since = kept.order_by("received_at", "id").values_list("id", "received_at")[0]
    Row.objects.get_or_create(source_id=source, project_slug="", defaults={"since": since, "read_to": oldest - 1})
    return True


def _take_in(whole: Row, received: Iterable[tuple[str, datetime]]) -> None:
    zone, moments = timezone.get_default_timezone(), list(received)
    slugs = {slug for slug, _ in moments if slug}
    rows = {row.project_slug: row for row in Row.objects.filter(source=whole.source_id, project_slug__in=slugs)}
    room = PROJECTS_AT_MOST - Row.objects.filter(source=whole.source_id).count()
    rhythms = {"": rhythm_of(whole), **{slug: rhythm_of(row) for slug, row in rows.items()}}
    for slug, at in moments:
        for name in {"", slug}:
            if name not in rhythms and room <= 0:
                continue
            room -= name not in rhythms
            rhythms[name] = heard(rhythms.get(name) or Rhythm(since=at), at, zone)
    if not moments:
        return
    Row.objects.bulk_create(
        [_row(whole.source_id, slug, rhythm) for slug, rhythm in rhythms.items()],
        update_conflicts=True,
        unique_fields=["source", "project_slug"],
        update_fields=["last_at", "days"],
        batch_size=100,
    )


def _row(source: int, slug: str, rhythm: Rhythm) -> Row:
    days = {day.isoformat(): [known.count, list(known.gaps)] for day, known in rhythm.days.items()}
    return Row(source_id=source, project_slug=slug, since=rhythm.since, last_at=rhythm.last_at, days=days)
