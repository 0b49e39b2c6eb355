"""Webhooks that came before: the same body for the same resource, or the same idempotency key, within 30 days."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from routing.services.storing.prepared import Prepared
from routing.statements import Rows, Statement, aware, marks

WINDOW = timedelta(days=30)

_CLEAR = "UPDATE routing_inbound SET body_digest = NULL, idempotency_key = NULL WHERE id IN {ids}"
_FOUND = "SELECT id, source_id, {column}, received_at FROM routing_inbound WHERE source_id IN {sources} AND {column} IN {values}"


def body_digest(resource: str, body: bytes, salt: str = "") -> str:
    """What two webhooks share when they say the same; `salt` keeps apart what goes to different places."""
    digest = sha256(f"{resource}\n{salt}\n".encode())
    digest.update(body)
    return digest.hexdigest()


def salted_key(key: str, salt: str) -> str:
    """An idempotency key for one of several places that the same delivery goes to."""
    return sha256(f"{salt}\n{key}".encode()).hexdigest()


class _Mark(NamedTuple):
    """One thing that makes a webhook a duplicate."""

    source_id: int
    column: str
    value: str


class Duplicates:
    """The earlier webhooks that some prepared ones repeat, those of the same transaction included."""

    def __init__(self, prepared: Sequence[Prepared], answers: Sequence[Rows], now: datetime) -> None:
        self._firsts: dict[_Mark, int] = {}
        self._outdated: set[int] = set()
        self._repeats: dict[int, int] = {}
        for column, rows in zip(_columns_asked(prepared), answers, strict=True):
            for inbound, source, value, received_at in rows:
                if now - (aware(received_at) or now) > WINDOW:
                    self._outdated.add(inbound)
                else:
                    self._firsts[_Mark(source, column, value)] = inbound

    @staticmethod
    def questions(prepared: Sequence[Prepared]) -> list[Statement]:
        """The queries whose rows the constructor takes; none when nothing can be a duplicate."""
        asked = []
        for column in _columns_asked(prepared):
            wanted = [mark for one in prepared for mark in _marks(one) if mark.column == column]
            sources, values = sorted({mark.source_id for mark in wanted}), [mark.value for mark in wanted]
            sql = _FOUND.format(column=column, sources=marks(sources), values=marks(values))
            asked.append(Statement(sql, [*sources, *values]))
        return asked

    def first_of(self, one: Prepared) -> int | None:
        """The inbound that this webhook repeats, which is counted there; None for a new one."""
        for mark in _marks(one):
            first = self._firsts.get(mark)
            if first is not None:
                self._repeats[first] = self._repeats.get(first, 0) + 1
                return first
        return None

    def note(self, one: Prepared, inbound: int) -> None:
        """Remember a new webhook for the rest of the transaction."""
        for mark in _marks(one):
            self._firsts[mark] = inbound

    def before(self) -> list[Statement]:
        """What must be written before new inbounds: too old ones no longer stand in their way."""
        if not self._outdated:
            return []
        rows = sorted(self._outdated)
        return [Statement(_CLEAR.format(ids=marks(rows)), rows)]

    def after(self) -> list[Statement]:
        """What counts the repeats."""
        sql = "UPDATE routing_inbound SET duplicate_count = duplicate_count + %s WHERE id = %s"
        return [Statement(sql, (count, inbound)) for inbound, count in sorted(self._repeats.items())]


def _marks(one: Prepared) -> list[_Mark]:
    values = {"body_digest": one.body_digest, "idempotency_key": one.idempotency_key}
    return [_Mark(one.source_id, column, value) for column, value in values.items() if value]


def _columns_asked(prepared: Sequence[Prepared]) -> list[str]:
    asked = {mark.column for one in prepared for mark in _marks(one)}
    return sorted(asked)
