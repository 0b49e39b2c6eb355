"""The writer of a process: a thread that commits whatever waits together.

One commit serves all that wait for it, which is most of what storing a webhook costs. And SQLite's lock knows no
queue: of several writers the losers sleep and try again, some of them for more than a second; here nobody competes.
"""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Condition, Thread
from time import monotonic
from typing import Any, Generic, TypeAlias, TypeVar

import structlog
from django.db import connection
from django.utils import timezone

from routing.patience import patience
from routing.services.storing.batch import LOCK_MILLISECONDS
from routing.services.storing.prepared import Prepared, Receipt, postponed
from routing.services.storing.transaction import TROUBLE, is_held_up, store
from routing.statements import is_postgres

SHARED_LOCK_MILLISECONDS = 150
"""How long the writer waits on Postgres for locks of others: everything else waits meanwhile."""

KEEP_SECONDS = 30.0
"""How long a write is tried again after its caller had to give up: Sentry itself does not call twice."""

PAUSE_SECONDS = 0.05
IDLE_SECONDS = 10.0
"""After so long without work the connection is given back: one that idles for hours may be cut by what lies between."""

SILENCE_SECONDS = 2.0
"""After so long without a word from Postgres its connection is given up: a frozen server must not hold what comes after."""

MAX_WAITING = 1000
MAX_WAITING_BYTES = 64 * 1024 * 1024
MAX_TOGETHER = 64
MAX_TOGETHER_BYTES = 4 * 1024 * 1024

_Result = TypeVar("_Result")
log = structlog.get_logger(__name__)


class Unavailable(Exception):  # noqa: N818 - said of the database
    """The write is not committed in time; it may be later, all the same."""


class HeldUp(Exception):  # noqa: N818 - said of a webhook
    """Somebody else's locks stood in the way of a transaction: its webhooks are better stored by their own callers."""


class Webhook:
    """A webhook to be stored, and where its receipt goes."""

    __slots__ = ("done", "prepared", "since", "size")

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.done: Future[Receipt] = Future()
        self.since = monotonic()
        self.size = len(prepared.body)


class Errand(Generic[_Result]):
    """A function that makes one short transaction, and where its result goes."""

    __slots__ = ("done", "job", "since", "size")

    def __init__(self, job: Callable[[], _Result]) -> None:
        self.job = job
        self.done: Future[_Result] = Future()
        self.since = monotonic()
        self.size = 0

    def run(self) -> list[_Result]:
        """What the function returns, alone in a list."""
        return [self.job()]


Work: TypeAlias = Webhook | Errand[Any]


class Writer:
    """The writing thread of a process, with a connection of its own; starts with its first work."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._arrived = Condition()
        self._waiting: deque[Work] = deque()
        self._bytes = 0
        self._thread: Thread | None = None

    @property
    def is_ours(self) -> bool:
        """False in a process that was forked from the writer's: threads do not come along."""
        return self._pid == os.getpid()

    def submit(self, work: Work) -> None:
        """Queue work, whose `done` will hold its result; raises Unavailable when too much waits already."""
        with self._arrived:
            if len(self._waiting) >= MAX_WAITING or self._bytes + work.size > MAX_WAITING_BYTES:
                raise Unavailable("too much waits to be written")
            self._waiting.append(work)
            self._bytes += work.size
            if self._thread is None:
                self._thread = Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._arrived.notify()

    def _run(self) -> None:
        while True:
            unfinished = _commit(self._take())
            if unfinished:
                self._put_back(unfinished)

    def _take(self) -> list[Work]:
        with self._arrived:
            while not self._waiting:
                if not self._arrived.wait(IDLE_SECONDS):
                    connection.close()
            taken = [self._waiting.popleft()]
            size = taken[0].size
            while self._waiting and len(taken) < MAX_TOGETHER and size + self._waiting[0].size <= MAX_TOGETHER_BYTES:
                taken.append(self._waiting.popleft())
                size += taken[-1].size
            self._bytes -= size
            return taken

    def _put_back(self, unfinished: Sequence[Work]) -> None:
        with self._arrived:
            self._waiting.extendleft(reversed(unfinished))
            self._bytes += sum(work.size for work in unfinished)
            self._arrived.wait(PAUSE_SECONDS)


def _commit(taken: Sequence[Work]) -> list[Work]:
    """Write what was taken, and return what has to be tried again."""
    webhooks = [work for work in taken if isinstance(work, Webhook)]
    unfinished: list[Work] = []
    if webhooks:
        unfinished += _attempt(webhooks, lambda: _store(webhooks))
    for work in taken:
        if isinstance(work, Errand):
            unfinished += _attempt([work], work.run)
    return unfinished


def _store(webhooks: Sequence[Webhook]) -> list[Receipt | Exception]:
    """Store them decided; where others hold threads locked, store them for the worker to decide, which needs no thread."""
    prepared = [work.prepared for work in webhooks]
    for attempt in (prepared, [postponed(one) for one in prepared]):
        try:
            return store(attempt, timezone.now(), lock_milliseconds=SHARED_LOCK_MILLISECONDS)
        except TROUBLE as error:
            if not is_held_up(error):
                raise
            held_up = HeldUp(str(error))
    return [held_up] * len(webhooks)


def _attempt(works: Sequence[Work], write: Callable[[], Sequence[Any]]) -> list[Work]:
    try:
        with patience(each=SILENCE_SECONDS):
            _be_patient_for_less()
            results = write()
    except TROUBLE as error:
        connection.close()
        return _still_worth_it(works, error)
    except Exception as error:
        results = [error] * len(works)
    for work, result in zip(works, results, strict=True):
        if isinstance(result, Exception):
            work.done.set_exception(result)
        else:
            work.done.set_result(result)
    return []


def _still_worth_it(works: Sequence[Work], error: Exception) -> list[Work]:
    kept = [work for work in works if monotonic() - work.since < KEEP_SECONDS]
    for work in works:
        if work not in kept:
            log.error("a write was given up", why=str(error))
            work.done.set_exception(error)
    return kept


def _be_patient_for_less() -> None:
    """The receiver waits for SQLite's lock no longer than its caller waits for the answer."""
    if connection.connection is None and not is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {LOCK_MILLISECONDS}")
