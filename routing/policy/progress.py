"""What becomes of a delivery after an attempt."""

from dataclasses import dataclass
from datetime import datetime

from integrations.contract import Outcome, OutcomeKind, Reason
from routing.policy.retrying import next_attempt

UNCERTAIN = frozenset({Reason.TIMEOUT, Reason.CONNECTION_LOST, Reason.UNREADABLE_ANSWER})
"""After these the other side may have taken the message all the same, so a repeat may be a duplicate."""

OURS = frozenset({Reason.RENDER_FAILED, Reason.UNREADABLE_CREDENTIALS, Reason.BODY_EXPIRED, Reason.ADDRESS_FORBIDDEN})
"""Failures before anything was sent: they say nothing about the target's health."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The delivery after the attempt; `due_at` is None exactly when it is finished."""

    status: str
    due_at: datetime | None = None
    reason: str = ""
    simplified: bool = False
    maybe_duplicate: bool = False

    @property
    def is_finished(self) -> bool:
        """True when nothing more will be tried."""
        return self.due_at is None


def progress(
    outcome: Outcome, *, attempts: int, simplified: bool, created_at: datetime, now: datetime, jitter: float
) -> Progress:
    """What becomes of a delivery after its attempt number `attempts`; `jitter` is in [-1, 1].

    A refused form is simplified once and tried at once. What may pass later waits by the schedule, and ends
    `expired` when it would be too old by then; a failure of our own is among these, since an upgrade may mend it.
    """
    if outcome.kind is OutcomeKind.SENT:
        return Progress(status="delivered")
    reason = (outcome.reason or Reason.REFUSED).value
    if outcome.kind is OutcomeKind.SIMPLIFY and not simplified:
        return Progress(status="pending", due_at=now, reason=reason, simplified=True)
    if outcome.kind is not OutcomeKind.RETRY:
        return Progress(status="dead", reason=reason, simplified=simplified)
    due_at = next_attempt(
        attempts=attempts, created_at=created_at, now=now, jitter=jitter, retry_after=outcome.retry_after
    )
    return Progress(
        status="pending" if due_at else "expired",
        due_at=due_at,
        reason=reason,
        simplified=simplified,
        maybe_duplicate=outcome.reason in UNCERTAIN,
    )
