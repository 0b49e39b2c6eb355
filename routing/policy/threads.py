"""What storing an alert does to one target's thread: whether it is told, and what the thread is afterwards.

A firing is held back for the first of these reasons that applies: `target_disabled` (nothing is sent there),
`unsupported_by_mode` (nothing like it can be sent there), `dropped` (nobody wants to hear of it), `silenced`
(somebody asked for quiet now), `repeated` (it was said already, by this resource or by another). What is held back
leaves the thread as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime

from integrations.contract import DROP, SentryStatus, Severity
from routing.policy.repeating import ECHO_WINDOW, is_echo, is_repeat, repeat_ends
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
    announced_by: str = ""
    """The resource that announced the problem last; news that are no announcement leave it as it is."""
    announced_at: datetime | None = None


NEW_THREAD = ThreadState()
STATE_COLUMNS = tuple(field.name for field in fields(ThreadState))
"""What a stored thread keeps of its state, by name."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to store: the thread afterwards, the delivery's severity, and its reason; "" is a delivery to be sent.

    With `never_told` the delivery is cancelled; with any other reason it is suppressed.
    """

    thread: ThreadState
    severity: SeverityOrDrop
    reason: str = ""
    held_until: datetime | None = None
    """For what is repeated: when it would be told again."""
    echo_of: ThreadState | None = None
    """For what another resource announced: the thread in which it did."""


def store_firing(
    thread: ThreadState,
    verdict: TargetVerdict,
    *,
    status: SentryStatus,
    resource: str = "",
    siblings: Iterable[ThreadState] = (),
    target_enabled: bool,
    supported: bool,
    round_untold: bool,
    now: datetime,
) -> Step:
    """What storing a firing alert does. `round_untold`: every firing of the open round ended without being told.

    `resource` is what announces it, `""` for what is told whoever announced it before (a test, news about a problem).
    `siblings` are the target's threads about the same cause under other alert keys, as far as it was told of them.
    """
    reason = _closed_door(verdict, target_enabled=target_enabled, supported=supported)
    if reason:
        return Step(thread, verdict.severity, reason)
    if not round_untold and _was_told(thread, verdict, status, now) and thread.last_fired_at is not None:
        ends = repeat_ends(repeat_minutes=verdict.repeat_minutes, last_fired_at=thread.last_fired_at)
        return Step(thread, verdict.severity, "repeated", held_until=ends)
    for told in siblings if round_untold else (thread, *siblings):
        if _is_echoed(told, verdict, resource, now) and told.announced_at is not None:
            ends = told.announced_at + ECHO_WINDOW
            return Step(thread, verdict.severity, "repeated", held_until=ends, echo_of=told)
    return Step(_fired(thread, verdict, status, resource, now), verdict.severity)


def open_round(
    thread: ThreadState,
    *,
    status: SentryStatus,
    severity: SeverityOrDrop,
    recovery_severity: SeverityOrDrop,
    now: datetime,
) -> ThreadState:
    """The thread after its target was told of a firing, by an alert, a summary or a fallback's copy.

    A closed thread begins a new round; an open one stays in its round. What announced the problem is forgotten: only
    `store_firing` knows it.
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


def _is_echoed(told: ThreadState, verdict: TargetVerdict, resource: str, now: datetime) -> bool:
    return told.is_open and is_echo(
        announced_by=told.announced_by,
        announced_at=told.announced_at,
        resource=resource,
        severity=verdict.severity,
        last_severity=told.last_severity,
        now=now,
    )


def _fired(
    thread: ThreadState, verdict: TargetVerdict, status: SentryStatus, resource: str, now: datetime
) -> ThreadState:
    opened = open_round(
        thread, status=status, severity=verdict.severity, recovery_severity=verdict.recovery_severity, now=now
    )
    if resource:
        return replace(opened, announced_by=resource, announced_at=now)
    if not thread.is_open:
        return opened
    return replace(opened, announced_by=thread.announced_by, announced_at=thread.announced_at)
