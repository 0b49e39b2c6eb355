"""Refused calls: kept sealed and in bounds, so that a mistyped secret costs no alert; counted on their source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db import transaction
from django.db.models import F

from integrations.registry import SOURCES
from routing.fields import Sealed
from routing.models import QuarantinedCall, Source
from routing.selectors.snapshot import SourceEntry
from routing.services.ingest import bodies
from routing.services.storing.writing import run

MAX_CALLS = 200
MAX_BYTES = 16 * 1024 * 1024
"""A source's share; the oldest calls make room for newer ones."""

BURST = 20
PER_SECOND = 2.0
"""What a flood of refused calls may write for each source; the rest of it is only counted."""


@dataclass(slots=True)
class _Budget:
    """How many refused calls of a source may still be kept, and how many were not."""

    left: float
    at: datetime
    uncounted: int = 0


_lock = Lock()
_budgets: dict[int, _Budget] = {}


def keep(
    source: SourceEntry, *, reason: str, headers: Mapping[str, str], body: bytes, address: str = "", now: datetime
) -> bool:
    """Keep a refused call, and return whether it was; a flood is counted with the next call that is kept.

    `address` is the bot URL of a call to an unknown target. Raises Unavailable or DatabaseError.
    """
    count = _admit(source.id, now)
    if not count:
        return False
    data = bodies.pack(SOURCES[source.kind].kept_headers(headers), body)
    sealed = Sealed.seal(address).token if address else ""
    call = QuarantinedCall(
        source_id=source.id, received_at=now, reason=reason, data=data, size=len(data), address=sealed
    )
    run(lambda: _store(call, count))
    return True


def forget() -> None:
    """Give every source its full budget again; for tests."""
    with _lock:
        _budgets.clear()


def _admit(source_id: int, now: datetime) -> int:
    """How many refused calls to count with this one; 0 when it is not to be kept."""
    with _lock:
        budget = _budgets.setdefault(source_id, _Budget(BURST, now))
        passed = max((now - budget.at).total_seconds(), 0)
        budget.left = min(BURST, budget.left + passed * PER_SECOND)
        budget.at = now
        budget.uncounted += 1
        if budget.left < 1:
            return 0
        budget.left -= 1
        count, budget.uncounted = budget.uncounted, 0
        return count


@transaction.atomic
def _store(call: QuarantinedCall, count: int) -> None:
    call.save(force_insert=True)
    Source.objects.filter(pk=call.source_id).update(
        refused_count=F("refused_count") + count, refused_at=call.received_at, refused_reason=call.reason
    )
    _make_room(call.source_id)


def _make_room(source_id: int) -> None:
    rows = QuarantinedCall.objects.filter(source_id=source_id).order_by("-id").values_list("id", "size")
    total, surplus = 0, []
    for place, (row, size) in enumerate(rows):
        total += size
        if place and (place >= MAX_CALLS or total > MAX_BYTES):
            surplus.append(row)
    if surplus:
        QuarantinedCall.objects.filter(pk__in=surplus).delete()
