"""The threads that a transaction is concerned with, and what they are after each alert decided in it so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.contract import DROP, Alert, SentryStatus, Severity
from routing.models import Thread
from routing.policy.specs import SeverityOrDrop
from routing.policy.threads import NEW_THREAD, ThreadState, is_untold
from routing.statements import Rows, Statement, aware, insertions, moment, update

_TOLD, _LOST = "delivered", "dead"
"""The ends that stand for all of their sort."""


@dataclass(slots=True, kw_only=True)
class ThreadLine:
    """One thread as this transaction knows it."""

    target_id: int
    alert_key: str
    id: int | None = None
    """None until the thread is opened for the first time."""
    state: ThreadState = NEW_THREAD
    next_sequence: int = 1
    project_slug: str = ""
    has_unfinished: bool = False
    """True when an older delivery is not finished, so that a new one waits behind it."""
    cause_key: str | None = None
    echo_key: str | None = None
    ends: frozenset[str] = frozenset()
    """How the firings of the open round ended, as far as it matters: see `policy.threads.is_untold`."""
    is_new: bool = False
    """True for a thread that this transaction inserts."""
    changes: dict[str, Any] = field(default_factory=dict)
    """Columns to write."""

    @property
    def round_untold(self) -> bool:
        """True when the open round has firings, and all of them ended without being told."""
        return self.state.is_open and is_untold(self.ends)

    def take_place(self) -> int:
        """The place in line of a further delivery of this thread."""
        place = self.next_sequence
        self.next_sequence += 1
        self.changes["next_sequence"] = self.next_sequence
        self.has_unfinished = True
        return place

    def close(self, state: ThreadState, now: datetime) -> None:
        """Note that the problem is over."""
        self.state = state
        self.changes |= {"is_open": False, "closed_at": now}

    def echo(self, alert_key: str) -> None:
        """Note that this thread stands for an announcement of another alert key, too."""
        self.echo_key = self.changes["echo_key"] = alert_key


class Threads:
    """The threads of a `Concern`, whatever their targets. New ones take their ids from `ids`."""

    def __init__(self, rows: Rows, ends: Rows, ids: Iterator[int]) -> None:
        """Take the rows that the concern's questions found."""
        self._ids = ids
        self._lines: dict[tuple[int, str], ThreadLine] = {}
        known = {row[0]: row[1:] for row in ends}
        for row in rows:
            line = _line(row, *known.get(row[0], (False, False, False)))
            self._lines[line.target_id, line.alert_key] = line

    def line(self, target_id: int, alert_key: str) -> ThreadLine:
        """The target's thread about this key, which may have to be opened yet."""
        found = self._lines.get((target_id, alert_key))
        if found is None:
            found = self._lines[target_id, alert_key] = ThreadLine(target_id=target_id, alert_key=alert_key)
        return found

    def open_lines(self, alert_key: str) -> list[ThreadLine]:
        """The open threads about this key, and those that told of it under their own, in target order."""
        found = [
            line for line in self._lines.values() if line.state.is_open and alert_key in (line.alert_key, line.echo_key)
        ]
        return sorted(found, key=lambda line: (line.target_id, line.alert_key))

    def siblings(self, line: ThreadLine, alert: Alert) -> list[ThreadLine]:
        """The same target's threads about the alert's cause under other alert keys, as far as it was told of them."""
        if not alert.cause_keys:
            return []
        return [
            other
            for other in self._lines.values()
            if other.target_id == line.target_id
            and other is not line
            and (other.alert_key in alert.cause_keys or other.cause_key in alert.cause_keys)
            and not other.round_untold
        ]

    def open(self, line: ThreadLine, state: ThreadState, alert: Alert, source_name: str, now: datetime) -> None:
        """Note that the line's target is told of a firing: its thread is open afterwards, in the round of `state`."""
        if line.id is None:
            line.id = next(self._ids)
            line.is_new = True
        if not line.state.is_open:
            line.echo_key = None
            line.changes |= {"opened_at": now, "closed_at": None}
        line.state = state
        line.ends |= {"pending"}
        line.project_slug = alert.project_slug or ""
        line.cause_key = alert.cause_keys[-1] if alert.cause_keys else None
        line.changes |= {
            "cause_key": line.cause_key,
            "echo_key": line.echo_key,
            **_state_columns(state),
            "source_name": source_name,
            "project_slug": line.project_slug,
            "environment": (alert.environment or "")[:200],
            "title": alert.title[:512],
            "link": alert.link or "",
        }

    def statements(self) -> list[Statement]:
        """What writes the changes."""
        # In the order of their locks: other transactions open threads, too, and must not wait for each other in a ring.
        changed = [line for _, line in sorted(self._lines.items()) if line.changes]
        new = [
            {"id": line.id, "target_id": line.target_id, "alert_key": line.alert_key, **line.changes}
            for line in changed
            if line.is_new
        ]
        return [
            *insertions(Thread, new),
            *[
                update(
                    "routing_thread",
                    line.id,
                    {name: moment(value) if name.endswith("_at") else value for name, value in line.changes.items()},
                )
                for line in changed
                if line.id is not None and not line.is_new
            ],
        ]


def _line(row: tuple[Any, ...], has_unfinished: bool, was_told: bool, was_lost: bool) -> ThreadLine:
    (thread, target, key, is_open, round_, sequence, status, severity, fired_at, recovery, slug, *announced) = row
    announced_by, announced_at, cause_key, echo_key = announced
    return ThreadLine(
        id=thread,
        target_id=target,
        alert_key=key,
        state=ThreadState(
            is_open=bool(is_open),
            round=round_,
            last_status=SentryStatus(status) if status else None,
            last_severity=_severity(severity) if severity else None,
            last_fired_at=aware(fired_at),
            recovery_severity=_severity(recovery),
            announced_by=announced_by,
            announced_at=aware(announced_at),
        ),
        cause_key=cause_key,
        echo_key=echo_key,
        next_sequence=sequence,
        project_slug=slug,
        has_unfinished=bool(has_unfinished),
        ends=frozenset(([_TOLD] if was_told else []) + ([_LOST] if was_lost else [])),
    )


def _state_columns(state: ThreadState) -> dict[str, Any]:
    return {
        "is_open": state.is_open,
        "round": state.round,
        "last_status": state.last_status or "",
        "last_severity": state.last_severity or "",
        "last_fired_at": state.last_fired_at,
        "recovery_severity": state.recovery_severity,
        "announced_by": state.announced_by,
        "announced_at": state.announced_at,
    }


def _severity(text: str) -> SeverityOrDrop:
    return DROP if text == DROP else Severity(text)
