"""What storing an alert does to one target's thread: whether it is told, and what the thread is afterwards.

A firing is held back for the first of these reasons that applies: `target_disabled` (nothing is sent there),
`unsupported_by_mode` (nothing like it can be sent there), `dropped` (nobody wants to hear of it), `silenced`
(somebody asked for quiet now), `repeated` (it was said already). What is held back leaves the thread as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.contract import DROP, SentryStatus, Severity
from routing.policy.repeating import is_repeat
from routing.policy.specs import SeverityOrDrop, TargetVerdict

UNTOLD = frozenset({"dead", "expired", "cancelled"})
"""Ends of a delivery after which its target has not heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState:
    """What deciding needs of a thread; the `last_` values are those of the last firing that was not held back."""

    is_open: bool = False
    round: int = 0
    last_status: SentryStatus | None = None
    last_severity: SeverityOrDrop | None = None
    last_fired_at: datetime | None = None
    recovery_severity: SeverityOrDrop = Severity.OK
    """What the recovery will be, as chosen when the last firing was stored."""


NEW_THREAD = ThreadState()


@dataclass(frozen=True, slots=True)
class Step:
    """What to store: the thread afterwards, the delivery's severity, and its reason; "" is a delivery to be sent.

    With `never_told` the delivery is cancelled; with any other reason it is suppressed.
    """

    thread: ThreadState
    severity: SeverityOrDrop
    reason: str = ""


def store_firing(
    thread: ThreadState,
    verdict: TargetVerdict,
    *,
    status: SentryStatus,
    target_enabled: bool,
    supported: bool,
    round_untold: bool,
    now: datetime,
) -> Step:
    """What storing a firing alert does. `round_untold`: every firing of the open round ended without being told."""
    reason = _closed_door(verdict, target_enabled=target_enabled, supported=supported)
    if not reason and not round_untold and _was_told(thread, verdict, status, now):
        reason = "repeated"
    if reason:
        return Step(thread, verdict.severity, reason)
    opened = open_round(
        thread, status=status, severity=verdict.severity, recovery_severity=verdict.recovery_severity, now=now
    )
    return Step(opened, verdict.severity)


def open_round(
    thread: ThreadState,
    *,
    status: SentryStatus,
    severity: SeverityOrDrop,
    recovery_severity: SeverityOrDrop,
    now: datetime,
) -> ThreadState:
    """The thread after its target was told of a firing, by an alert, a summary or a fallback's copy.

    A closed thread begins a new round; an open one stays in its round.
    """
    return ThreadState(
        is_open=True,
        round=thread.round if thread.is_open else thread.round + 1,
        last_status=status,
        last_severity=severity,
        last_fired_at=now,
        recovery_severity=recovery_severity,
    )


def store_recovery(thread: ThreadState, *, round_untold: bool, supported: bool = True) -> Step | None:
    """What storing a recovery does to a thread; None when it is not open, and so has nothing to recover from.

    The recovery closes the thread. A disabled target does not hold it back: it waits behind the firing it ends.
    """
    if not thread.is_open:
        return None
    closed = replace(thread, is_open=False)
    if round_untold:
        return Step(closed, thread.recovery_severity, "never_told")
    if not supported:
        return Step(closed, thread.recovery_severity, "unsupported_by_mode")
    return Step(closed, thread.recovery_severity, "dropped" if thread.recovery_severity == DROP else "")


def is_untold(firing_ends: Iterable[str]) -> bool:
    """True when every firing of a round ended `dead`, `expired` or `cancelled`: its waiting recovery is `never_told`.

    `firing_ends` are the statuses of the round's deliveries that were to be sent, summaries and digests included;
    of a delivery that was folded into a digest, the digest's own status. A round without any is not untold.
    """
    ends = set(firing_ends)
    return bool(ends) and ends <= UNTOLD


def _closed_door(verdict: TargetVerdict, *, target_enabled: bool, supported: bool) -> str:
    if not target_enabled:
        return "target_disabled"
    if not supported:
        return "unsupported_by_mode"
    if verdict.severity == DROP:
        return "dropped"
    return "" if verdict.silence is None else "silenced"


def _was_told(thread: ThreadState, verdict: TargetVerdict, status: SentryStatus, now: datetime) -> bool:
    return thread.is_open and is_repeat(
        status=status,
        severity=verdict.severity,
        repeat_minutes=verdict.repeat_minutes,
        last_status=thread.last_status,
        last_severity=thread.last_severity,
        last_fired_at=thread.last_fired_at,
        now=now,
    )
