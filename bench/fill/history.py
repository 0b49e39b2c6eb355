"""The log of a filled database: problems that come, repeat and go, each told to some targets, most of it with success."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.fill.problems import Problem, Problems, decision_of, unread
from bench.fill.setting import Setting
from bench.fill.tables import Table
from routing.models import Attempt, Delivery, Inbound, InboundBody, Target, Thread

WAITING = 200
"""Webhooks at the end whose deliveries are still on their way."""
ENDS = (  # share of the deliveries, status, reason, outcomes of the attempts with what the other side said
    (0.800, "delivered", "", (("sent", "", 200, "0"),)),
    (0.040, "delivered", "", (("retry", "rate_limited", 200, "11232"), ("sent", "", 200, "0"))),
    (0.020, "delivered", "in_digest", ()),
    (0.080, "suppressed", "repeated", ()),
    (0.025, "suppressed", "silenced", ()),
    (0.012, "dead", "bad_address", (("rejected", "bad_address", 200, "19001"),)),
    (0.005, "dead", "bad_signature", (("rejected", "bad_signature", 200, "19021"),)),
    (0.003, "expired", "expired", tuple([("retry", "timeout", None, "")] * 5)),
    (0.015, "cancelled", "cancelled_by_operator", ()),
)
SHARES, RESULTS = [end[0] for end in ENDS], [end[1:] for end in ENDS]


@dataclass(slots=True)
class Line:
    """A thread in the making."""

    number: int
    problem: Problem
    target: Target
    is_open: bool = True
    sequence: int = 1
    opened_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(slots=True)
class History:
    """Writes webhooks in the order of time, with all that came of each."""

    setting: Setting
    chance: random.Random
    began: datetime
    now: datetime
    rows: int
    body: Callable[[Problem], bytes]
    """A sealed original call about a problem."""
    body_days: int
    tables: dict[Any, Table] = field(default_factory=dict)
    lines: dict[tuple[int, int], Line] = field(default_factory=dict)

    def write(self, tell: Callable[[int], None]) -> None:
        """All of it; tells now and then how many webhooks are written."""
        self.tables = {model: Table(model) for model in (Inbound, InboundBody, Thread, Delivery, Attempt)}
        problems = Problems(self.setting.projects, self.chance, self.rows)
        step = (self.now - self.began) / self.rows
        for number in range(1, self.rows + 1):
            at = self.began + step * (number - self.chance.random())
            self._receive(number, at, problems.next(number))
            if number % 50_000 == 0:
                tell(number)
        for line in self.lines.values():
            self._thread(line)
        for table in self.tables.values():
            table.write()

    def _receive(self, number: int, at: datetime, problem: Problem) -> None:
        kind = self.chance.random()
        row = {"id": number, "received_at": at, "body_digest": f"{number:064x}", "flags": "[]"}
        row |= {"source_id": problem.source_id, "source_name": problem.source_name}
        row["request_id"] = f"{number:016x}{self.chance.getrandbits(64):016x}"
        if kind < 0.04:
            self.tables[Inbound].add(**row, **unread(problem, kind))
            return
        is_over = kind < 0.10
        told = self._open(problem) if is_over else self._chosen(problem)
        if kind > 0.985:
            told = []
        self.tables[Inbound].add(**row, **decision_of(problem, number, at, told, is_over=is_over))
        if self.now - at < timedelta(days=self.body_days):
            self.tables[InboundBody].add(inbound_id=number, data=self.body(problem))
        for target in told:
            self._deliver(number, at, problem, target, is_over=is_over)

    def _chosen(self, problem: Problem) -> list[Target]:
        bot = self.setting.bots[problem.team]
        return [bot, self.setting.on_call] if problem.is_loud else [bot]

    def _open(self, problem: Problem) -> list[Target]:
        return [target for target in self._chosen(problem) if self._is_open(problem, target)]

    def _is_open(self, problem: Problem, target: Target) -> bool:
        line = self.lines.get((problem.number, target.pk))
        return line is not None and line.is_open

    def _deliver(self, inbound: int, at: datetime, problem: Problem, target: Target, *, is_over: bool) -> None:
        line = self._line(problem, target)
        number = self.tables[Delivery].next_id
        row = {
            "id": number, "inbound_id": inbound, "target_id": target.pk, "target_name": target.name, "kind": target.kind,
            "thread_id": line.number, "round": 1, "sequence": line.sequence, "severity": problem.severity(is_over=is_over),
            "sentry_status": "resolved" if is_over else "triggered", "alert_key": problem.key,
            "project_slug": problem.project, "rules": f'["{problem.rule}"]', "created_at": at, "priority": 1,
        }  # fmt: skip
        line.sequence += 1
        line.is_open, line.closed_at = not is_over, at if is_over else None
        line.opened_at = line.opened_at or at
        if inbound > self.rows - WAITING:
            row |= {"status": "pending", "due_at": at, "expires_at": at + timedelta(hours=24)}
            self.tables[Delivery].add(**row)
            return
        status, reason, outcomes = self.chance.choices(RESULTS, SHARES)[0]
        ended = at + timedelta(seconds=1 + 30 * len(outcomes))
        row |= {"status": status, "reason": reason, "finished_at": ended, "attempt_count": len(outcomes)}
        if reason == "silenced":
            row |= {"silence_id": self.setting.silence.pk, "silence_name": self.setting.silence.name}
        self.tables[Delivery].add(**row)
        self._attempt(number, at, outcomes)

    def _line(self, problem: Problem, target: Target) -> Line:
        key = (problem.number, target.pk)
        if key not in self.lines:
            self.lines[key] = Line(len(self.lines) + 1, problem, target)
        return self.lines[key]

    def _attempt(self, delivery: int, at: datetime, outcomes: tuple[tuple[str, str, int | None, str], ...]) -> None:
        table = self.tables[Attempt]
        for number, (outcome, reason, http_status, code) in enumerate(outcomes, start=1):
            table.add(
                id=table.next_id, delivery_id=delivery, number=number, outcome=outcome,
                started_at=at + timedelta(seconds=30 * (number - 1)), duration_ms=self.chance.randint(20, 900),
                http_status=http_status, provider_code=code, reason=reason, request=REQUEST,
                response=f'{{"code":{code or 0},"msg":"{reason or "success"}","data":{{}}}}',
            )  # fmt: skip

    def _thread(self, line: Line) -> None:
        problem = line.problem
        self.tables[Thread].add(
            id=line.number, target_id=line.target.pk, source_name=problem.source_name, alert_key=problem.key,
            is_open=line.is_open, round=1, next_sequence=line.sequence, last_status="triggered", last_severity="warning",
            last_fired_at=line.opened_at, project_slug=problem.project, environment=problem.environment,
            title=problem.title, link=problem.link, opened_at=line.opened_at, closed_at=line.closed_at,
        )  # fmt: skip


REQUEST = '{"msg_type":"interactive","card":{"header":{"template":"red"},"elements":["…"]}}'
