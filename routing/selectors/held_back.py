"""Firings that silences held back, as long as nobody has been told of them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from routing.models import Delivery, Inbound


class Group(NamedTuple):
    """What one silence holds back from one target; the silence is None once it was deleted."""

    silence_id: int | None
    silence_name: str
    target_id: int | None


class HeldBack(NamedTuple):
    """One firing that was held back."""

    id: int
    inbound_id: int
    alert_key: str
    severity: str
    sentry_status: str
    project_slug: str
    created_at: datetime


def groups() -> list[Group]:
    """Every silence and target between which something waits."""
    waiting = Delivery.objects.filter(awaits_summary=True).order_by()
    return [Group(*row) for row in waiting.values_list("silence_id", "silence_name", "target_id").distinct()]


def held_back(group: Group, limit: int) -> list[HeldBack]:
    """The oldest firings of a group, in the order in which they came."""
    silence = Q(silence__isnull=True) if group.silence_id is None else Q(silence=group.silence_id)
    target = Q(target__isnull=True) if group.target_id is None else Q(target=group.target_id)
    waiting = Delivery.objects.filter(silence, target, awaits_summary=True, silence_name=group.silence_name)
    return [HeldBack(*row) for row in waiting.order_by("id").values_list(*HeldBack._fields)[:limit]]


def inbounds_of(ids: Collection[int]) -> dict[int, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Inbound -> source name, alert and decision, as JSON."""
    rows = Inbound.objects.filter(pk__in=ids).values_list("id", "source_name", "alert", "decision")
    return {row: (name, alert or {}, decision or {}) for row, name, alert, decision in rows}
