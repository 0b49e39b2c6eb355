"""The statements that every turn of the engine runs, in plain SQL: the ORM would take several times as long to write them.

Everything that runs once in a while goes through the ORM, in the modules that call this one.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.utils.dateparse import parse_datetime

from routing.statements import aware, moment

_QUEUES = (
    "SELECT t.id, (SELECT number FROM routing_configurationstamp), t.second_tat, t.minute_tat, t.consecutive_failures,"
    " t.failing_since, t.probe_at, t.probe_seconds,"
    " (SELECT c.due_at FROM routing_delivery c WHERE c.target_id = t.id AND c.priority = 0 AND c.due_at IS NOT NULL"
    " ORDER BY c.due_at LIMIT 1),"
    " (SELECT o.due_at FROM routing_delivery o WHERE o.target_id = t.id AND o.priority = 1 AND o.due_at IS NOT NULL"
    " ORDER BY o.due_at LIMIT 1)"
    " FROM routing_target t WHERE t.enabled ORDER BY t.id"
)
_PICK = (
    "SELECT id, status, claim, attempt_count, due_at FROM routing_delivery"
    " WHERE target_id = %s AND due_at <= %s AND (expires_at IS NULL OR expires_at > %s)"
    "{only} ORDER BY priority, due_at, id LIMIT %s"
)
_MARK = (
    "UPDATE routing_delivery SET status = 'sending', claim = %s, due_at = %s, queued_until = NULL,"
    " attempt_count = attempt_count + 1 WHERE id IN ({ids})"
)
_LOAD = (
    "SELECT d.id, d.target_id, d.thread_id, d.inbound_id, d.message_type, d.severity, d.alert_key, d.rules, d.message,"
    " d.simplified, d.is_test, d.attempt_count, d.created_at, i.alert, i.received_at, h.environment,"
    " d.fallback_of_id, o.target_id, o.target_name, d.resend_of_id, d.sentry_status"
    " FROM routing_delivery d LEFT JOIN routing_inbound i ON i.id = d.inbound_id"
    " LEFT JOIN routing_thread h ON h.id = d.thread_id LEFT JOIN routing_delivery o ON o.id = d.fallback_of_id"
    " WHERE d.id IN ({ids})"
)
_LOCK_THREADS = "SELECT id FROM routing_thread WHERE id IN ({ids}) ORDER BY target_id, alert_key FOR NO KEY UPDATE"
_HELD = "SELECT id, claim FROM routing_delivery WHERE id IN ({ids}) AND status = 'sending' ORDER BY id"
_DELIVERED = (
    "UPDATE routing_delivery SET status = 'delivered', finished_at = %s, due_at = NULL, fallback_at = NULL, claim = '',"
    " reason = CASE WHEN fallback_of_id IS NULL THEN '' ELSE 'late_copy' END WHERE id IN ({ids})"
)
_AGAIN = (
    "UPDATE routing_delivery SET status = 'pending', reason = %s, due_at = %s, simplified = %s,"
    " maybe_duplicate = (maybe_duplicate OR %s), claim = '' WHERE id = %s"
)
_ENDED = (
    "UPDATE routing_delivery SET status = %s, reason = %s, finished_at = %s, fallback_at = %s, due_at = NULL, claim = ''"
    " WHERE id = %s"
)
_RECORD = (
    "INSERT INTO routing_attempt (delivery_id, number, started_at, duration_ms, http_status, provider_code, outcome,"
    " reason, request, response) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_HEADS = (
    "SELECT d.id, d.thread_id, d.round, d.status, d.sentry_status, d.due_at, d.digest_id FROM routing_delivery d"
    " WHERE d.id IN (SELECT (SELECT b.id FROM routing_delivery b WHERE b.thread_id = h.id AND b.finished_at IS NULL"
    " ORDER BY b.id LIMIT 1) FROM routing_thread h WHERE h.id IN ({ids}))"
)
_UNWELL = (
    "SELECT id FROM routing_target WHERE id IN ({ids}) AND NOT (consecutive_failures = 0 AND probe_at IS NULL"
    " AND broken_since IS NULL AND last_success_at IS NOT NULL AND last_success_at > %s AND last_success_at <= %s)"
)
_CROWD = (
    "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM routing_delivery b WHERE b.finished_at IS NULL AND b.digest_id IS NULL"
    " AND b.thread_id IN (SELECT d.thread_id FROM routing_delivery d WHERE d.target_id = %s AND d.due_at IS NOT NULL"
    " AND d.thread_id IS NOT NULL ORDER BY d.priority, d.due_at LIMIT %s) LIMIT %s) w),"
    " EXISTS (SELECT 1 FROM routing_delivery g WHERE g.target_id = %s AND g.priority = 0 AND g.due_at IS NOT NULL"
    " AND g.message_type = 'digest')"
)


class Queue(NamedTuple):
    """An enabled target with its state, and when its first critical and its first other delivery are due."""

    target: int
    stamp: int
    second_tat: int
    minute_tat: int
    consecutive_failures: int
    failing_since: datetime | None
    probe_at: datetime | None
    probe_seconds: int
    critical_due: datetime | None
    other_due: datetime | None


class Picked(NamedTuple):
    """A due row, locked until the transaction ends; `sending` means that its lease ran out."""

    id: int
    status: str
    claim: str
    attempt_count: int
    due_at: datetime


class Row(NamedTuple):
    """What a message is made of; JSON columns as text."""

    id: int
    target: int
    thread: int | None
    inbound: int | None
    message_type: str
    severity: str
    alert_key: str
    rules: str
    message: str | None
    simplified: bool
    is_test: bool
    attempt_count: int
    created_at: datetime
    alert: str | None
    received_at: datetime | None
    environment: str | None
    fallback_of: int | None
    fallback_of_target: int | None
    fallback_of_name: str | None
    resend_of: int | None
    sentry_status: str


class Head(NamedTuple):
    """The oldest unfinished delivery of a thread."""

    id: int
    thread: int
    round: int
    status: str
    sentry_status: str
    due_at: datetime | None
    digest: int | None


def _moment(value: Any) -> datetime | None:
    """A time as a driver hands it over: SQLite's may be text."""
    return aware(parse_datetime(value) if isinstance(value, str) else value)


def _as_it_is(value: Any) -> Any:
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "simplified": bool,
    "is_test": bool,
    "created_at": _moment,
    "received_at": _moment,
}
_READ_ROW = [_READERS.get(column, _as_it_is) for column in Row._fields]


def queues() -> list[Queue]:
    """Every enabled target with something waiting: two index look-ups a target, however much waits."""
    rows = (Queue._make([*row[:5], *map(_moment, row[5:7]), row[7], *map(_moment, row[8:])]) for row in _all(_QUEUES))
    return [queue for queue in rows if queue.critical_due or queue.other_due]


def crowd(target: int, *, enough: int) -> tuple[int, bool]:
    """How many alerts wait for a target, the lines behind the due ones included, counted up to `enough`.

    And whether a digest for it is under way, which those that come now may join.
    """
    count, has_digest = _all(_CROWD, [target, enough, enough, target])[0]
    return count, bool(has_digest)


def pick(target: int, *, limit: int, now: datetime, only: Sequence[int] = ()) -> list[Picked]:
    """Lock the first due rows of a target that no other worker holds; critical ones first, then the longest due.

    `only`: no others than these.
    """
    locking = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    at = moment(now)
    among = f" AND id IN ({', '.join(['%s'] * len(only))})" if only else ""
    rows = _all(_PICK.format(only=among) + locking, [target, at, at, *only, limit])
    return [Picked._make([*row[:4], _moment(row[4])]) for row in rows]


def mark(ids: Sequence[int], *, claim: str, until: datetime) -> None:
    """Put picked rows under a claim whose lease lasts until then."""
    _run(_MARK, ids, [claim, moment(until)])


def load(ids: Sequence[int]) -> list[Row]:
    """Claimed rows with what their messages are made of."""
    rows = _all(_with(_LOAD, ids), ids)
    return [Row._make(read(value) for read, value in zip(_READ_ROW, row, strict=True)) for row in rows]


def lock_threads(ids: Sequence[int]) -> None:
    """Lock threads in the one order that every transaction keeps: by target, then by alert key."""
    if ids and connection.vendor == "postgresql":
        _run(_LOCK_THREADS, ids)


def held(ids: Sequence[int]) -> dict[int, str]:
    """Lock deliveries that are being sent: id -> the claim that holds it now."""
    locking = " FOR NO KEY UPDATE" if connection.vendor == "postgresql" else ""
    return dict(_all(_with(_HELD, ids) + locking, ids))


def mark_delivered(ids: Sequence[int], now: datetime) -> None:
    """End held deliveries as delivered."""
    if ids:
        _run(_DELIVERED, ids, [moment(now)])


def mark_waiting(rows: Iterable[tuple[str, datetime, bool, bool, int]]) -> None:
    """Put held deliveries back: reason, when due, simplified, perhaps a duplicate, id."""
    _many(_AGAIN, rows)


def mark_ended(rows: Iterable[tuple[str, str, datetime, datetime | None, int]]) -> None:
    """End held deliveries in any other way: status, reason, now, when the fallback is to be told, id."""
    _many(_ENDED, rows)


def record(attempts: Iterable[tuple[Any, ...]]) -> None:
    """Write attempts: delivery, number, start, milliseconds, HTTP status, code, outcome, reason, request, response."""
    _many(_RECORD, attempts)


def heads(threads: Sequence[int]) -> list[Head]:
    """The oldest unfinished delivery of each thread that has one."""
    rows = _all(_with(_HEADS, threads), threads) if threads else []
    return [Head._make([*row[:5], _moment(row[5]), row[6]]) for row in rows]


def unwell(targets: Sequence[int], *, since: datetime, now: datetime) -> list[int]:
    """Those of the targets that failed, are probed or are broken, or had no success noted after `since`."""
    rows = _all(_with(_UNWELL, targets), [*targets, moment(since), moment(now)]) if targets else []
    return [target for (target,) in rows]


def _all(sql: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _run(sql: str, ids: Sequence[int], params: Sequence[Any] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_with(sql, ids), [*params, *ids])


def _many(sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    if stored := [[moment(value) if isinstance(value, datetime) else value for value in row] for row in rows]:
        with connection.cursor() as cursor:
            cursor.executemany(sql, stored)


def _with(sql: str, ids: Sequence[int]) -> str:
    return sql.format(ids=", ".join(["%s"] * len(ids)))
