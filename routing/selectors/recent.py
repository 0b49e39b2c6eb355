"""What came lately, and what the log says became of it: the material of simulations."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet

from integrations.contract import DROP, SentryStatus, Severity
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Inbound, InboundStatus, MessageType, Thread
from routing.policy import alerts
from routing.policy.cases import Case, Course, ThreadKey, Told
from routing.policy.specs import SeverityOrDrop
from routing.policy.threads import ThreadState

_WAS_TOLD = ~Q(status=DeliveryStatus.SUPPRESSED) | Q(summary__isnull=False)
"""A firing that opened its thread: one to be sent, or one that a summary told of later."""

_COLUMNS = ("id", "received_at", "source_name", "alert", "flags", "title", "project_slug", "status")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One received webhook with its alert."""

    case: Case
    title: str
    project: str
    status: str


def last_alerts(limit: int, *, since: datetime | None = None) -> list[Seen]:
    """The last real webhooks that brought an alert, oldest first; tests are left out."""
    rows: QuerySet[Inbound] = Inbound.objects.filter(is_test=False, alert__isnull=False).exclude(alert_key="")
    if since is not None:
        rows = rows.filter(received_at__gte=since)
    found = list(rows.order_by("-id").values_list(*_COLUMNS)[:limit])
    return [_seen(*row) for row in reversed(found)]


def course_of_log(seen: Iterable[Seen]) -> Course:
    """What the log says became of these webhooks, without what operators, fallbacks and tests added."""
    seen = list(seen)
    rows = Delivery.objects.filter(
        inbound__in=[one.case.inbound for one in seen],
        message_type=MessageType.ALERT,
        is_test=False,
        resend_of__isnull=True,
        fallback_of__isnull=True,
    )
    firing = {one.case.inbound for one in seen if not one.case.alert.is_resolved}
    closed_by_hand = Q(sentry_status=SentryStatus.RESOLVED, inbound__in=firing)
    columns = ("target_name", "inbound_id", "created_at", "severity", "status", "reason")
    told = [
        Told(target, inbound, at, _severity(severity), _held_back(status, reason))
        for target, inbound, at, severity, status, reason in rows.exclude(closed_by_hand)
        .order_by("id")
        .values_list(*columns)
    ]
    unrouted = [one.case.inbound for one in seen if one.status == InboundStatus.UNROUTED]
    return Course(told, frozenset(unrouted))


def threads_at(moment: datetime, alert_keys: Collection[str]) -> dict[ThreadKey, ThreadState]:
    """What targets had been told about these keys before a moment, as far as their threads were open then."""
    earlier = Delivery.objects.filter(alert_key__in=alert_keys, created_at__lt=moment, is_test=False)
    firing = ~Q(sentry_status=SentryStatus.RESOLVED) & _WAS_TOLD
    ends = earlier.order_by().values("target_name", "alert_key")
    last = ends.annotate(fired=Max("id", filter=firing), over=Max("id", filter=Q(sentry_status=SentryStatus.RESOLVED)))
    fired = [row["fired"] for row in last if row["fired"] is not None and row["fired"] > (row["over"] or 0)]
    recovery = dict(_recovery_severities(alert_keys))
    columns = ("target_name", "alert_key", "sentry_status", "severity", "created_at", "inbound__resource")
    return {
        (target, key): ThreadState(
            is_open=True,
            round=1,
            last_status=SentryStatus(status),
            last_severity=_severity(severity),
            last_fired_at=at,
            recovery_severity=recovery.get((target, key), Severity.OK),
            announced_by=resource or "",
            announced_at=at,
        )
        for target, key, status, severity, at, resource in Delivery.objects.filter(pk__in=fired).values_list(*columns)
    }


def _seen(
    inbound: int,
    received_at: datetime,
    source: str,
    alert: dict[str, Any],
    flags: list[str],
    title: str,
    project: str,
    status: str,
) -> Seen:
    told = alerts.from_json(alert)
    named = next((flag.partition(": ")[2] for flag in flags if flag.partition(": ")[0] == "hook"), None)
    if named is not None:  # a call of `/hook` is decided by the target that it names
        told = replace(told, settings={"target": named} if named else {})
    case = Case(inbound, received_at, source, told, asks_rules=named is None)
    return Seen(case=case, title=title, project=project, status=status)


def _held_back(status: str, reason: str) -> str:
    is_kept = status == DeliveryStatus.SUPPRESSED or reason == DeliveryReason.NEVER_TOLD
    return reason if is_kept else ""


def _recovery_severities(alert_keys: Collection[str]) -> Iterable[tuple[ThreadKey, SeverityOrDrop]]:
    rows = Thread.objects.filter(alert_key__in=alert_keys)
    for target, key, severity in rows.values_list("target__name", "alert_key", "recovery_severity"):
        yield (target, key), _severity(severity)


def _severity(text: str) -> SeverityOrDrop:
    return DROP if text == DROP else Severity(text)
