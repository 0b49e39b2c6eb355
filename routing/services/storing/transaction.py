"""Storing webhooks: one durable transaction for as many as wait, in which none can take the others down."""

import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import orjson
import structlog
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper

from routing.models import InboundReason, InboundStatus
from routing.services.storing.batch import LOCK_MILLISECONDS, Batch
from routing.services.storing.prepared import Finding, Prepared, Receipt, Waiting
from routing.statements import is_postgres

TROUBLE = (OperationalError, InterfaceError)
"""What the database raises when it does not answer, is locked, or is full: nobody's fault, and worth another try."""

_TRIES = 3
_CONFLICTS = frozenset({"23505", "40001", "40P01"})
"""Postgres: a unique row that another transaction wrote first, a serialization failure, a deadlock."""
_HELD_UP = frozenset({"55P03", "57014", "40001", "40P01"})
"""Postgres: a lock or the statement took too long, or a conflict remained after all tries."""

_Result = TypeVar("_Result")
log = structlog.get_logger(__name__)


def store(
    prepared: Sequence[Prepared], now: datetime, *, lock_milliseconds: int = LOCK_MILLISECONDS
) -> list[Receipt | Exception]:
    """Store webhooks in order, and return what the database holds of each once it is committed.

    A webhook that was here before is counted on its first. One that cannot be stored with its decision is stored
    without it, as failed; where even that fails, its place holds the exception, as it holds Outdated for one that
    must be current and is not. Raises OperationalError or InterfaceError when the database does not answer, or when
    another's locks on Postgres last longer than `lock_milliseconds`.
    """
    try:
        return _store_together(prepared, now, lock_milliseconds)
    except TROUBLE:
        raise
    except Exception as error:
        if len(prepared) > 1:
            return [store([one], now, lock_milliseconds=lock_milliseconds)[0] for one in prepared]
        return [_store_without_decision(prepared[0], error, now, lock_milliseconds)]


def store_one(one: Prepared, now: datetime, *, lock_milliseconds: int = LOCK_MILLISECONDS) -> Receipt:
    """Store one webhook as `store` does; raises what keeps it from being stored."""
    result = store([one], now, lock_milliseconds=lock_milliseconds)[0]
    if isinstance(result, Exception):
        raise result
    return result


def is_held_up(error: Exception) -> bool:
    """True when other transactions on Postgres stood in the way of a transaction, rather than trouble of the server's."""
    return getattr(error.__cause__, "sqlstate", None) in _HELD_UP


def settle(waiting: Sequence[Waiting], now: datetime, *, source_id: int | None) -> int:
    """Put decisions into stored webhooks of one source, and return how many of them still waited for one.

    Returns 0 while another worker decides for the source. Raises OperationalError or InterfaceError when the
    database does not answer.
    """

    def write(batch: Batch, cursor: CursorWrapper) -> int:
        return batch.settle(cursor, waiting) if _is_ours(cursor, source_id) else 0

    try:
        return _in_transaction(write, now)
    except TROUBLE:
        raise
    except Exception as error:
        if len(waiting) > 1:
            return sum([settle([one], now, source_id=source_id) for one in waiting])
        log.exception("deciding failed", inbound=waiting[0].inbound_id)
        bare = Finding(resource=waiting[0].finding.resource, action=waiting[0].finding.action)
        waiting = [replace(waiting[0], finding=failed(bare, error))]
        return _in_transaction(write, now)


def failed(finding: Finding, error: BaseException) -> Finding:
    """What is stored where our own error ended deciding."""
    return replace(
        finding,
        decision=None,
        status=InboundStatus.FAILED,
        reason=InboundReason.DECIDING_FAILED,
        decision_json=orjson.dumps({"reason": InboundReason.DECIDING_FAILED}),
        traceback="".join(traceback.format_exception(error)),
    )


def _store_without_decision(
    one: Prepared, error: Exception, now: datetime, lock_milliseconds: int
) -> Receipt | Exception:
    """Where a row that the decision points to is gone, the worker decides again; any other error is ours."""
    log.error("storing failed", source=one.source_name, exc_info=error)
    bare = Finding(resource=one.finding.resource, action=one.finding.action)
    instead = replace(one, finding=bare if _points_nowhere(error) else failed(bare, error))
    try:
        return _store_together([instead], now, lock_milliseconds)[0]
    except TROUBLE:
        raise
    except Exception as second:
        return second


def _points_nowhere(error: Exception) -> bool:
    """True when a row that another row refers to is gone."""
    return isinstance(error, IntegrityError) and (
        getattr(error.__cause__, "sqlstate", None) == "23503" or "FOREIGN KEY" in str(error)
    )


def _store_together(prepared: Sequence[Prepared], now: datetime, lock_milliseconds: int) -> list[Receipt | Exception]:
    def write(batch: Batch, cursor: CursorWrapper) -> list[Receipt | Exception]:
        return batch.store(cursor, prepared)

    # On Postgres every message costs more than what it says: BEGIN goes with the questions, COMMIT with the writes.
    is_self_contained = is_postgres() and not connection.in_atomic_block
    return _in_transaction(write, now, is_self_contained=is_self_contained, lock_milliseconds=lock_milliseconds)


def _in_transaction(
    write: Callable[[Batch, CursorWrapper], _Result],
    now: datetime,
    *,
    is_self_contained: bool = False,
    lock_milliseconds: int = LOCK_MILLISECONDS,
) -> _Result:
    for remaining in reversed(range(_TRIES)):
        batch = Batch(now, is_self_contained=is_self_contained, lock_milliseconds=lock_milliseconds)
        try:
            with _undone_on_error() if is_self_contained else transaction.atomic(), connection.cursor() as cursor:
                result = write(batch, cursor)
        except DatabaseError as error:
            if not remaining or getattr(error.__cause__, "sqlstate", None) not in _CONFLICTS:
                raise
        else:
            batch.committed()
            return result
    raise AssertionError("unreachable")


@contextmanager
def _undone_on_error() -> Iterator[None]:
    """Roll back the transaction that the block began by itself, should it not come to its commit."""
    try:
        yield
    except BaseException:
        if connection.connection is not None:  # a new one would have nothing to take back, and be waited for once more
            _roll_back()
        raise


def _roll_back() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
    except DatabaseError:
        connection.close()


def _is_ours(cursor: CursorWrapper, source_id: int | None) -> bool:
    """Lock the source for this transaction; False while another worker holds it. SQLite lets only one write at all."""
    if source_id is None or not is_postgres():
        return True
    cursor.execute("SELECT 1 FROM routing_source WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", (source_id,))
    return cursor.fetchone() is not None
