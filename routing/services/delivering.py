"""One attempt: compose, render, go through the door, read the answer. The only place from which anything is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog
from django.conf import settings

from integrations.contract import Destination, OutboundRequest, Outcome, OutcomeKind, Reason, Response
from integrations.egress import EgressPolicy
from integrations.http import DEADLINE, Door
from integrations.redaction import KEPT_BYTES, excerpt, redact, secrets_of
from routing.policy.progress import OURS
from routing.services.engine.composing import Job, compose

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one attempt went, ready to be written down; the excerpts hold no secret."""

    job: Job
    outcome: Outcome | None
    """None when this target, as it is set up now, cannot be told this at all: nothing was tried."""
    started_at: datetime
    duration_ms: int = 0
    http_status: int | None = None
    request: str = ""
    response: str = ""

    @property
    def is_ours(self) -> bool:
        """True when the attempt failed before anything was sent."""
        return self.outcome is not None and self.outcome.reason in OURS


def open_door(slots: int) -> Door:
    """The door as the settings want it, for so many sends at a time; raises ValueError on unreadable settings."""
    policy = EgressPolicy.parse(settings.EGRESS_ALLOWED_HOSTS, proxy=settings.EGRESS_PROXY or None)
    return Door(policy, slots=slots + slots // 8)  # as many threads as send: see Crew


def deliver(job: Job, *, door: Door, clock: Callable[[], datetime]) -> Result:
    """Make one attempt, in ten seconds at most. Never raises: a failure of ours is an outcome, too."""
    started_at, start = clock(), monotonic()
    destination = job.target.destination
    request = _render(job, destination, started_at)
    if not isinstance(request, OutboundRequest):
        return Result(job=job, outcome=request, started_at=started_at)
    answer = door.send(request, vendor_hosts=destination.hosts, deadline=DEADLINE)
    duration_ms = round((monotonic() - start) * 1000)
    outcome = answer if isinstance(answer, Outcome) else _interpret(destination, answer)
    secrets = secrets_of(request)
    return Result(
        job=job,
        outcome=outcome,
        started_at=started_at,
        duration_ms=duration_ms,
        http_status=answer.status if isinstance(answer, Response) else None,
        request=_excerpt_of_request(job, request, secrets),
        response=excerpt(answer, secrets) if isinstance(answer, Response) else "",
    )


def _render(job: Job, destination: Destination, now: datetime) -> OutboundRequest | Outcome | None:
    """The request; or the outcome of having none; or None for what this target cannot be told."""
    if job.target.settings is None:
        return Outcome(kind=OutcomeKind.RETRY, reason=Reason.UNREADABLE_CREDENTIALS)
    try:
        message = compose(job, now)
        if destination.unsupported(message, job.target.settings):
            return None
        if job.target.forwards_original and message.raw is None:
            return Outcome(kind=OutcomeKind.REJECTED, reason=Reason.BODY_EXPIRED)
        simplification = OutcomeKind.SIMPLIFY if job.row.simplified else None
        return destination.render(message, job.target.settings, now, simplification)
    except Exception:
        log.exception("render_failed", delivery=job.row.id, target=job.target.name)
        return Outcome(kind=OutcomeKind.RETRY, reason=Reason.RENDER_FAILED)


def _interpret(destination: Destination, answer: Response) -> Outcome:
    try:
        return destination.interpret(answer)
    except Exception:
        log.exception("interpret_failed", kind=destination.kind, status=answer.status)
        return Outcome(kind=OutcomeKind.RETRY, reason=Reason.UNREADABLE_ANSWER)


def _excerpt_of_request(job: Job, request: OutboundRequest, secrets: tuple[str, ...]) -> str:
    """What was said. The original call is not repeated: it holds personal data that only some may see."""
    if job.target.forwards_original:
        return ""
    text = redact(request.body[: 2 * KEPT_BYTES].decode("utf-8", "replace"), secrets)
    return text.encode()[:KEPT_BYTES].decode("utf-8", "ignore")
