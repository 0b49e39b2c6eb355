"""From claimed rows to what the target is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
from django.conf import settings

from integrations.contract import Alert, Message, MessageType, RawCall, SentryStatus, Severity
from routing.models import Delivery, InboundBody
from routing.policy.alerts import from_json
from routing.policy.listings import listing_from_json, listing_to_json
from routing.selectors.known_targets import KnownTarget
from routing.services.engine import digests, outbox
from routing.services.engine.outbox import Row
from routing.services.ingest import bodies
from routing.services.silences.muting import mute_link

LATE = timedelta(minutes=10)
"""A message that comes later than this after the alert was accepted says so."""


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed delivery with everything that sending it takes: no thread that sends needs the database."""

    row: Row
    claim: str
    target: KnownTarget
    body: bytes | None = None
    """The sealed original call, for a target that gets it untouched."""
    fallback_of: str | None = None
    """The title of the target that could not be told in time."""


def load(ids: Sequence[int], *, claim: str, targets: Mapping[int, KnownTarget]) -> list[Job]:
    """The jobs for deliveries claimed under `claim`; the listing of a digest is counted now and kept on its row."""
    if not ids:
        return []
    rows = [_with_listing(row) for row in outbox.load(ids)]
    forwarded = [row.inbound for row in rows if row.inbound and targets[row.target].forwards_original]
    kept = InboundBody.objects.filter(pk__in=forwarded).values_list("pk", "data") if forwarded else []
    originals = {pk: bytes(data) for pk, data in kept}
    return [
        Job(
            row=row,
            claim=claim,
            target=targets[row.target],
            body=originals.get(row.inbound or 0),
            fallback_of=_fallback_of(row, targets),
        )
        for row in rows
    ]


def compose(job: Job, now: datetime) -> Message:
    """The message of a job as of now; raises whatever is wrong with what was stored."""
    row = job.row
    alert, accepted_at = _alert(row), row.received_at or row.created_at
    if alert is not None and _is_closed_by_hand(row, alert):
        alert, accepted_at = _recovered(alert, row.created_at), row.created_at
    return Message(
        type=MessageType(row.message_type),
        severity=Severity(row.severity),
        alert_key=row.alert_key,
        alert=alert,
        listing=listing_from_json(orjson.loads(row.message)) if row.message and alert is None else None,
        received_at=row.received_at,
        environment=row.environment or None,
        late_minutes=_late_minutes(now - accepted_at),
        is_test=row.is_test,
        fallback_of=job.fallback_of,
        rules=tuple(orjson.loads(row.rules)),
        log_link=log_link(row),
        mute_link=mute_link(row.inbound, now) if row.inbound and alert and not alert.is_resolved else None,
        raw=_original(job.body),
    )


def log_link(row: Row) -> str:
    """The page of ours that tells the story of a delivery."""
    page = f"inbound/{row.inbound}" if row.inbound else f"delivery/{row.id}"
    return f"{settings.PUBLIC_URL}/admin/routing/{page}/change/"


def _alert(row: Row) -> Alert | None:
    return from_json(orjson.loads(row.alert)) if row.alert and row.message_type == MessageType.ALERT else None


def _is_closed_by_hand(row: Row, alert: Alert) -> bool:
    """True for a recovery that a person sent: Sentry's own alert is still the one that announced the problem."""
    return row.sentry_status == SentryStatus.RESOLVED and not alert.is_resolved


def _recovered(alert: Alert, at: datetime) -> Alert:
    return replace(alert, sentry_status=SentryStatus.RESOLVED, occurred_at=at)


def _with_listing(row: Row) -> Row:
    if row.message_type != MessageType.DIGEST:
        return row
    listing = listing_to_json(digests.listing(row.id))
    Delivery.objects.filter(pk=row.id).update(message=listing)
    return row._replace(message=orjson.dumps(listing).decode())


def _fallback_of(row: Row, targets: Mapping[int, KnownTarget]) -> str | None:
    known = targets.get(row.fallback_of_target or 0)
    return known.title if known else row.fallback_of_name


def _late_minutes(late: timedelta) -> int | None:
    return int(late.total_seconds() // 60) if late > LATE else None


def _original(sealed: bytes | None) -> RawCall | None:
    return bodies.unpack(sealed) if sealed is not None else None
