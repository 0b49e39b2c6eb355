"""What one transaction reads, decides and writes for a batch of webhooks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.backends.utils import CursorWrapper

from routing.models import Delivery, Inbound, InboundBody
from routing.selectors.snapshot import Snapshot
from routing.services.engine.waking import CHANNEL
from routing.services.storing.columns import decided_inbound, new_inbound
from routing.services.storing.concerns import Concern
from routing.services.storing.duplicates import Duplicates
from routing.services.storing.judging import Judgement, judge
from routing.services.storing.prepared import Finding, Outdated, Prepared, Receipt, Waiting
from routing.services.storing.threads import Threads
from routing.services.storing.touching import touches
from routing.statements import (
    Statement,
    ask,
    carry_out,
    ids_of,
    insertions,
    is_postgres,
    marks,
    moment,
    new_ids,
)

DUPLICATE = "duplicate"

_SOURCES_THAT_WAIT = (  # however long the backlog is, its first row says enough
    "SELECT id FROM routing_source WHERE id IN {sources} AND EXISTS"
    " (SELECT 1 FROM routing_inbound WHERE source_id = routing_source.id AND status = 'received')"
)
_STILL_WAITING = "SELECT id FROM routing_inbound WHERE status = 'received' AND id IN {ids}"
_VERSION = (
    "INSERT INTO routing_rulesversion (digest, content, created_at) VALUES (%s, %s, %s) ON CONFLICT (digest) DO NOTHING"
)
_STAMP = Statement("SELECT number FROM routing_configurationstamp")
LOCK_MILLISECONDS = 700
"""How long a webhook waits for a lock: no longer than its caller waits for the answer."""


class Batch:
    """Collects what a transaction writes, so that it takes few round trips."""

    def __init__(
        self, now: datetime, *, is_self_contained: bool = False, lock_milliseconds: int = LOCK_MILLISECONDS
    ) -> None:
        """With `is_self_contained` the first message of `store` begins the transaction, and its last one commits it.

        `lock_milliseconds` is how long `store` waits for another's locks on Postgres.
        """
        self.now = now
        self._patience = (
            Statement(f"SET LOCAL lock_timeout = {max(lock_milliseconds, 1)}"),
            Statement("SET LOCAL statement_timeout = '800ms'"),
        )
        self._begin = (Statement("BEGIN"),) if is_self_contained else ()
        self._commit = (Statement("COMMIT"),) if is_self_contained else ()
        self._inbounds: list[dict[str, Any]] = []
        self._bodies: list[dict[str, Any]] = []
        self._changes: list[Statement] = []
        self._deliveries: list[dict[str, Any]] = []
        self._snapshots: dict[str, Snapshot] = {}
        self._wakes = False

    def store(self, cursor: CursorWrapper, prepared: Sequence[Prepared]) -> list[Receipt | Exception]:
        """Write new webhooks, in order, but those decided by a configuration that is no longer; raises DatabaseError."""
        questions, concern = Duplicates.questions(prepared), _concern(one.finding for one in prepared)
        answers = ask(
            cursor,
            [
                *self._begin,
                *(self._patience if is_postgres() else ()),
                *concern.locks(),
                *questions,
                _STAMP,
                _sources_that_wait(prepared),
                *concern.questions(lock=True),
                new_ids("routing_inbound", len(prepared)),
                new_ids("routing_thread", sum(_openings(one.finding) for one in prepared)),
            ],
        )
        *found, stamp, waiting, rows, ends, inbounds, openings = answers
        duplicates = Duplicates(prepared, found, self.now)
        threads = Threads(rows, ends, ids_of(openings))
        behind, ids = {row[0] for row in waiting}, ids_of(inbounds)
        receipts: list[Receipt | Exception] = []
        for one in prepared:
            if one.must_be_current and one.snapshot.number != stamp[0][0]:
                receipts.append(Outdated())
                continue
            first = duplicates.first_of(one)
            if first is not None:
                receipts.append(Receipt(id=first, status=DUPLICATE, reason="", is_duplicate=True))
                continue
            inbound = next(ids)
            duplicates.note(one, inbound)
            if one.finding.is_undecided:
                behind.add(one.source_id)
            receipts.append(self._add(inbound, one, threads, waits=one.source_id in behind))
        self._write(
            cursor, threads, before=duplicates.before(), after=[*duplicates.after(), *touches(prepared, self.now)]
        )
        return receipts

    def settle(self, cursor: CursorWrapper, waiting: Sequence[Waiting]) -> int:
        """Put decisions into stored webhooks, in order, and return how many still waited; raises DatabaseError."""
        ids, concern = [one.inbound_id for one in waiting], _concern(one.finding for one in waiting)
        still, rows, ends, openings = ask(
            cursor,
            [
                *concern.locks(),
                Statement(_STILL_WAITING.format(ids=marks(ids)), ids),
                *concern.questions(lock=True),
                new_ids("routing_thread", sum(_openings(one.finding) for one in waiting)),
            ],
        )
        threads, undecided = Threads(rows, ends, ids_of(openings)), {row[0] for row in still}
        for one in waiting:
            if one.inbound_id not in undecided:
                continue
            judgement = self._judge(one.inbound_id, one, threads)
            self._changes.append(
                decided_inbound(one.inbound_id, one.finding, judgement, one.flags, is_test=one.is_test)
            )
        self._write(cursor, threads)
        return len(undecided)

    def _add(self, inbound: int, one: Prepared, threads: Threads, *, waits: bool) -> Receipt:
        self._bodies.append({"inbound_id": inbound, "data": one.body})
        if waits:
            self._wakes = True
            self._inbounds.append(new_inbound(inbound, one, None))
            return Receipt(id=inbound, status="received", reason="")
        judgement = self._judge(inbound, one, threads)
        self._inbounds.append(new_inbound(inbound, one, judgement))
        return Receipt(id=inbound, status=judgement.status, reason=judgement.reason, targets=judgement.receipts)

    def _judge(self, inbound: int, one: Prepared | Waiting, threads: Threads) -> Judgement:
        judgement = judge(
            one.finding,
            source_name=one.source_name,
            is_test=one.is_test,
            snapshot=one.snapshot,
            threads=threads,
            now=self.now,
        )
        for row in judgement.deliveries:
            self._deliveries.append({"inbound_id": inbound, **row})
            self._wakes = self._wakes or row["due_at"] is not None
        if one.finding.decision is not None and not one.snapshot.is_version_stored:
            self._snapshots[one.snapshot.rules.version] = one.snapshot
        return judgement

    def _write(
        self, cursor: CursorWrapper, threads: Threads, before: Sequence[Statement] = (), after: Sequence[Statement] = ()
    ) -> None:
        wake = [Statement(f"NOTIFY {CHANNEL}")] if self._wakes and is_postgres() else []
        carry_out(
            cursor,
            [
                *before,
                *[_version(snapshot, self.now) for snapshot in self._snapshots.values()],
                *insertions(Inbound, self._inbounds),
                *insertions(InboundBody, self._bodies),
                *threads.statements(),
                *insertions(Delivery, self._deliveries),
                *self._changes,
                *after,
                *wake,
                *self._commit,
            ],
        )

    def committed(self) -> None:
        """Remember what need not be written again; call it after the commit."""
        for snapshot in self._snapshots.values():
            snapshot.note_version_stored()


def _version(snapshot: Snapshot, now: datetime) -> Statement:
    return Statement(
        _VERSION,
        (snapshot.rules.version, snapshot.content.decode(), moment(now)),
    )


def _concern(findings: Iterable[Finding]) -> Concern:
    """What is left to the worker needs no thread now, so none is locked for it."""
    return Concern.of(finding.alert for finding in findings if finding.alert is not None)


def _openings(finding: Finding) -> int:
    """How many threads this may open at most."""
    return len(finding.decision.verdicts) if finding.decision else 0


def _sources_that_wait(prepared: Sequence[Prepared]) -> Statement:
    sources = sorted({one.source_id for one in prepared})
    return Statement(_SOURCES_THAT_WAIT.format(sources=marks(sources)), sources)
