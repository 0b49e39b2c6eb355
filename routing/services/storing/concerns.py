"""Which threads some alerts are concerned with, and the queries that lock and read them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from integrations.contract import Alert
from routing.statements import Statement, is_postgres, marks

_THREADS = """
SELECT id, target_id, alert_key, is_open, round, next_sequence, last_status, last_severity, last_fired_at,
       recovery_severity, project_slug, announced_by, announced_at, cause_key, echo_key
FROM routing_thread AS thread WHERE {concern} ORDER BY target_id, alert_key{lock}"""

_ENDS = """
SELECT thread.id,
       EXISTS (SELECT 1 FROM routing_delivery WHERE thread_id = thread.id AND finished_at IS NULL),
       thread.is_open AND EXISTS ({firings} IN ('pending', 'sending', 'delivered')),
       thread.is_open AND EXISTS ({firings} IN ('dead', 'expired', 'cancelled'))
FROM routing_thread AS thread WHERE {concern}"""

# A firing that was folded into a digest, or summed up after a silence, was told when that message was.
_FIRINGS = """
SELECT 1 FROM routing_delivery AS firing
LEFT JOIN routing_delivery AS digest ON digest.id = firing.digest_id
LEFT JOIN routing_delivery AS summary ON summary.id = firing.summary_id
WHERE firing.thread_id = thread.id AND firing.round = thread.round AND firing.sentry_status <> 'resolved'
AND COALESCE(digest.status, summary.status, firing.status)"""


@dataclass(frozen=True, slots=True)
class Concern:
    """The threads of these alert keys; those of the same causes, and those that echoed what is over now."""

    keys: frozenset[str]
    causes: frozenset[str] = frozenset()
    ended: frozenset[str] = frozenset()
    """Alert keys of recoveries that may belong to a thread of another alert key."""

    @classmethod
    def of(cls, alerts: Iterable[Alert]) -> "Concern":
        """What deciding these alerts needs to know."""
        listed = list(alerts)
        shared = [alert for alert in listed if alert.cause_keys]
        return cls(
            frozenset([alert.alert_key for alert in listed]),
            frozenset([key for alert in shared if not alert.is_resolved for key in alert.cause_keys]),
            frozenset([alert.alert_key for alert in shared if alert.is_resolved]),
        )

    def questions(self, *, lock: bool) -> tuple[Statement, Statement]:
        """The two queries whose rows `Threads` takes; the second must see the data after the first got its locks."""
        condition, params = self._condition()
        locking = " FOR NO KEY UPDATE" if lock and is_postgres() else ""
        return (
            Statement(_THREADS.format(concern=condition, lock=locking), params),
            Statement(_ENDS.format(concern=condition, firings=_FIRINGS), params),
        )

    def locks(self) -> list[Statement]:
        """What makes two transactions about one cause wait for each other: it may have no thread yet to be locked.

        For the same alert key alone, that a target has one thread of it does as much.
        """
        numbers = sorted(int(key[:15], 16) for key in self.causes | self.ended) if is_postgres() else []
        return [Statement(f"DO $$BEGIN PERFORM pg_advisory_xact_lock({number}); END$$") for number in numbers]

    def _condition(self) -> tuple[str, list[Any]]:
        parts: list[tuple[str, Collection[str]]] = [("alert_key", self.keys | self.causes or {""})]
        parts += [("cause_key", self.causes)] if self.causes else []
        parts += [("echo_key", self.ended)] if self.ended else []
        listed = [(column, sorted(keys)) for column, keys in parts]
        condition = " OR ".join(f"thread.{column} IN {marks(keys)}" for column, keys in listed)
        return condition, [key for _, keys in listed for key in keys]
