"""Collects what the checker compares."""

from collections.abc import Sequence

from bench.bodies import MARK
from bench.bots import Bots
from bench.chaos.checker import UNKNOWN, Delivery, Evidence, Inbound, Kill, Told
from bench.databases import Database
from bench.load import Call

_INBOUNDS = "SELECT id, title, status, alert_key FROM routing_inbound ORDER BY id"
_DELIVERIES = (
    "SELECT id, COALESCE(inbound_id, 0), target_name, COALESCE(thread_id, 0), sequence, status, reason, maybe_duplicate"
    " FROM routing_delivery ORDER BY id"
)
_UNFINISHED = (
    "SELECT (SELECT COUNT(*) FROM routing_delivery WHERE finished_at IS NULL)"
    " + (SELECT COUNT(*) FROM routing_inbound WHERE status = 'received')"
)
_SENDING = "SELECT COUNT(*) FROM routing_delivery WHERE status = 'sending'"
_HURRY = (
    "UPDATE routing_delivery SET due_at = created_at, reason = reason"
    " WHERE status = 'pending' AND due_at > (SELECT MAX(created_at) FROM routing_delivery)"
)


def sending(database: Database) -> int:
    """How many deliveries are under way, as far as the database knows."""
    return int(database.rows(_SENDING)[0][0])


def unfinished(database: Database) -> int:
    """How many webhooks and deliveries are not at their end."""
    return int(database.rows(_UNFINISHED)[0][0])


def hurry(database: Database) -> None:
    """Make due what waits for its next try: the schedule goes up to minutes, which a run does not have."""
    database.change(_HURRY)


def collect(database: Database, bots: Bots, calls: Sequence[Call], kills: Sequence[Kill]) -> Evidence:
    """What everybody says, once nothing moves any more."""
    inbounds = [Inbound(pk, _number(title), status, key) for pk, title, status, key in database.rows(_INBOUNDS)]
    ids = {-1: 0, **{inbound.number: inbound.id for inbound in inbounds}}
    return Evidence(
        calls=calls,
        seen=[Told(seen.bot, seen.is_accepted, ids.get(seen.number, UNKNOWN)) for seen in bots.seen()],
        inbounds=inbounds,
        deliveries=[Delivery._make([*row[:7], bool(row[7])]) for row in database.rows(_DELIVERIES)],
        kills=kills,
    )


def _number(title: str) -> int:
    mark = MARK.search(title.encode())
    return int(mark[1]) if mark else -1
