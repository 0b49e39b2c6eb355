"""How the web process writes: webhooks through its one writer, and on SQLite everything else, too."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Lock
from time import monotonic
from typing import TypeAlias, TypeVar

import structlog
from django.db import connection
from django.utils import timezone

from routing.services.ingest import turns
from routing.services.storing.batch import LOCK_MILLISECONDS
from routing.services.storing.prepared import Prepared, Receipt
from routing.services.storing.transaction import TROUBLE, store_one
from routing.services.storing.writer import Errand, HeldUp, Unavailable, Webhook, Writer
from routing.statements import is_postgres

WAIT_SECONDS = 0.75
"""How long a caller waits for its commit: its answer must be out within 0.9 s."""

Job: TypeAlias = Callable[[], object]
_Result = TypeVar("_Result")
_lock = Lock()
_writer: Writer | None = None
log = structlog.get_logger(__name__)


def write(prepared: Prepared, *, until: float) -> Receipt:
    """Store one webhook, and return once it is committed; raises Outdated, Unavailable or DatabaseError.

    `until` is a time of the monotonic clock, after which the caller has to give its answer.
    """
    if connection.in_atomic_block:
        return store_one(prepared, timezone.now())
    webhook = Webhook(prepared)
    _the_writer().submit(webhook)
    try:
        return _wait(webhook.done, until - monotonic())
    except HeldUp as error:
        return _store_alone(prepared, until - monotonic(), error)


def run(job: Callable[[], _Result]) -> _Result:
    """Run a function that makes one short transaction; raises Unavailable, or what the function raises."""
    if _writes_directly():
        return job()
    errand: Errand[_Result] = Errand(job)
    _the_writer().submit(errand)
    return _wait(errand.done, WAIT_SECONDS)


def post(job: Job) -> None:
    """Have a function run that makes one short transaction, and wait for nothing; what it raises is logged."""
    if _writes_directly():
        attempt(job)
        return
    errand: Errand[None] = Errand(partial(attempt, job))
    try:
        _the_writer().submit(errand)
    except Unavailable:
        log.warning("a write in passing was left out: too much waits")


def rest() -> None:
    """Wait for what is being written, and let go of the writer's connection; for tests."""
    if _writer is not None and _writer.is_ours:
        errand = Errand(lambda: connection.close())  # the connection of the thread that runs it
        _writer.submit(errand)
        errand.done.result(timeout=10)


def attempt(job: Job) -> None:
    """Run a function here and now; what it raises is logged."""
    try:
        job()
    except TROUBLE:
        log.warning("a write in passing found no database", exc_info=True)
    except Exception:
        log.exception("a write in passing failed")


def _writes_directly() -> bool:
    """True on Postgres, whose locks are by row, and for a caller that holds SQLite's lock itself."""
    return is_postgres() or connection.in_atomic_block


def _store_alone(prepared: Prepared, seconds: float, held_up: HeldUp) -> Receipt:
    """Wait for the locks of others in the caller's own thread, where nobody else has to wait for them."""
    if seconds <= 0:
        raise Unavailable("the locks of others take too long") from held_up
    patience = min(LOCK_MILLISECONDS, int(seconds * 1000))
    with turns.lent():
        return store_one(prepared, timezone.now(), lock_milliseconds=patience)


def _wait(done: "Future[_Result]", seconds: float) -> _Result:
    try:
        with turns.lent():
            return done.result(timeout=max(seconds, 0))
    except TimeoutError as error:
        raise Unavailable("the commit takes too long") from error


def _the_writer() -> Writer:
    global _writer
    with _lock:
        if _writer is None or not _writer.is_ours:
            _writer = Writer()
        return _writer
