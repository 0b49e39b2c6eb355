"""What a delivery looks like when it is stored."""

from datetime import datetime, timedelta
from typing import Any, TypeAlias

from integrations.contract import Alert, Severity
from routing.models import DeliveryReason, DeliveryStatus
from routing.policy.specs import SeverityOrDrop, SilenceSpec, TargetVerdict
from routing.policy.windows import silence_end
from routing.selectors.snapshot import TargetEntry
from routing.services.storing.threads import ThreadLine

DeliveryRow: TypeAlias = dict[str, Any]
"""A delivery by column, without its inbound. All rows have the same columns."""

EXPIRY = timedelta(hours=24)
FALLBACK_MINUTES = 10
FALLBACK_MINUTES_CRITICAL = 2


def firing_row(
    *,
    alert: Alert,
    target: TargetEntry,
    verdict: TargetVerdict,
    line: ThreadLine,
    reason: DeliveryReason | None,
    silence: SilenceSpec | None,
    held_until: datetime | None,
    is_test: bool,
    now: datetime,
) -> DeliveryRow:
    """The delivery of a firing alert: one to be sent (after the older ones of its thread), or one held back.

    `held_until` is when a repeated one would be told again.
    """
    row = _row(alert, target, line, verdict.severity, is_test=is_test, now=now)
    row["rules"] = list(verdict.rules)
    if reason is None:
        row["fallback_at"] = fallback_time(target, verdict.severity, now)
        return _to_be_sent(row, line, now)
    if reason is DeliveryReason.SILENCED and silence is not None:
        row |= {
            "silence_id": silence.id,
            "silence_name": silence.name,
            "held_until": silence_end(silence, now),
            "awaits_summary": True,
        }
    elif reason is DeliveryReason.REPEATED:
        row["held_until"] = held_until
    return _ended(row, DeliveryStatus.SUPPRESSED, reason)


def recovery_row(
    *,
    alert: Alert,
    target: TargetEntry,
    line: ThreadLine,
    severity: SeverityOrDrop,
    reason: DeliveryReason | None,
    is_test: bool,
    now: datetime,
) -> DeliveryRow:
    """The delivery of a recovery: one to be sent, one nobody wants, or one whose firing never arrived."""
    row = _row(alert, target, line, severity, is_test=is_test, now=now)
    row["project_slug"] = alert.project_slug or line.project_slug
    if reason is None:
        return _to_be_sent(row, line, now)
    never_told = reason is DeliveryReason.NEVER_TOLD
    return _ended(row, DeliveryStatus.CANCELLED if never_told else DeliveryStatus.SUPPRESSED, reason)


def fallback_time(target: TargetEntry, severity: SeverityOrDrop, now: datetime) -> datetime | None:
    """When the target's fallback is told of what was not delivered by then; None without a fallback."""
    if target.fallback_id is None:
        return None
    usual = FALLBACK_MINUTES_CRITICAL if severity == Severity.CRITICAL else FALLBACK_MINUTES
    return now + timedelta(minutes=target.fallback_after_minutes or usual)


def _to_be_sent(row: DeliveryRow, line: ThreadLine, now: datetime) -> DeliveryRow:
    waits = line.has_unfinished
    row["sequence"] = line.take_place()
    row["due_at"] = None if waits else now
    row["expires_at"] = now + EXPIRY
    return row


def _ended(row: DeliveryRow, status: DeliveryStatus, reason: DeliveryReason) -> DeliveryRow:
    return row | {"status": status, "reason": reason, "finished_at": row["created_at"]}


def _row(
    alert: Alert, target: TargetEntry, line: ThreadLine, severity: SeverityOrDrop, *, is_test: bool, now: datetime
) -> DeliveryRow:
    return {
        "target_id": target.id,
        "target_name": target.name,
        "kind": target.kind,
        "thread_id": line.id,
        "round": line.state.round,
        "sequence": 0,
        "status": DeliveryStatus.PENDING,
        "reason": "",
        "severity": severity,
        "sentry_status": alert.sentry_status,
        "alert_key": alert.alert_key,
        "project_slug": alert.project_slug or "",
        "rules": [],
        "priority": 0 if severity == Severity.CRITICAL else 1,
        "is_test": is_test,
        "silence_id": None,
        "silence_name": "",
        "held_until": None,
        "awaits_summary": False,
        "created_at": now,
        "due_at": None,
        "expires_at": None,
        "fallback_at": None,
        "finished_at": None,
    }
