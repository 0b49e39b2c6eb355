"""Doing what needs a lock in turns: a short wait, then a pause in which everybody else gets through."""

from collections.abc import Callable
from time import sleep
from typing import TypeVar

import structlog
from django.db import OperationalError

TURNS = 60
PAUSE_SECONDS = 2.0
LOCK_NOT_AVAILABLE = "55P03"

_Result = TypeVar("_Result")
log = structlog.get_logger(__name__)


def in_turns(work: Callable[[], _Result], *, turns: int = TURNS, pause: float = PAUSE_SECONDS) -> _Result:
    """What `work` returns, tried again while Postgres does not give it a lock; raises OperationalError after the last
    turn, and any other one at once."""
    for remaining in reversed(range(turns)):
        try:
            return work()
        except OperationalError as error:
            if not remaining or getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            log.warning("a table is in use, trying again", why=str(error).strip(), turns_left=remaining)
            sleep(pause)
    raise AssertionError("unreachable")
