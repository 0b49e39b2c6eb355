"""Repeat control: a target is not told the same thing again, neither within the rule's window nor by another resource."""

from datetime import datetime, timedelta

from integrations.contract import SentryStatus
from routing.policy.severity import loudness
from routing.policy.specs import SeverityOrDrop

ECHO_WINDOW = timedelta(minutes=5)
"""How long after an announcement another resource may only echo it: Sentry's shortest interval between two alerts of
one alert rule, so that what follows within it is no second occasion."""


def is_echo(
    *,
    announced_by: str,
    announced_at: datetime | None,
    resource: str,
    severity: SeverityOrDrop,
    last_severity: SeverityOrDrop | None,
    now: datetime,
) -> bool:
    """True for an announcement of what another resource announced just before, not louder than what was told last.

    One cause makes a source call several times within seconds and in any order: for the new issue, for the alert rule
    that noticed it, and again under another alert key where a metric alert also opens an issue.
    """
    if not announced_by or announced_at is None or last_severity is None or resource in ("", announced_by):
        return False
    return loudness(severity) <= loudness(last_severity) and abs(now - announced_at) < ECHO_WINDOW


def is_repeat(
    *,
    status: SentryStatus,
    severity: SeverityOrDrop,
    repeat_minutes: int,
    last_status: SentryStatus | None,
    last_severity: SeverityOrDrop | None,
    last_fired_at: datetime | None,
    now: datetime,
) -> bool:
    """True for a firing of the same status, not louder than the last one told, within the window; 0 minutes is no window.

    The window counts from the last firing that was not held back, so a steady stream is told once a window.
    A clock set back by less than the window does not end it.
    """
    if last_status is None or last_severity is None or last_fired_at is None or status != last_status:
        return False
    return loudness(severity) <= loudness(last_severity) and abs(now - last_fired_at) < timedelta(
        minutes=repeat_minutes
    )


def repeat_ends(*, repeat_minutes: int, last_fired_at: datetime) -> datetime:
    """Until when repeats of a firing are held back, for the log."""
    return last_fired_at + timedelta(minutes=repeat_minutes)
