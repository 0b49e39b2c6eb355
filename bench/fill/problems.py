"""Problems of a filled database, and what the log keeps of a webhook about one."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.fill.setting import TEAMS
from routing.models import Project, Target

PER_PROBLEM = 12
"""Webhooks that one problem causes, on average."""
ERRORS = ("TimeoutError", "KeyError", "ConnectionResetError", "TypeError", "IntegrityError", "连接超时", "库存不足")
WHERE = (
    "order service",
    "payment gateway",
    "stock of parcels",
    "voucher import",
    "login page",
    "rate limiter",
    "search index",
)
LEVELS = ("error", "error", "error", "warning", "fatal")
ENVIRONMENTS = ("production", "production", "staging")


@dataclass(frozen=True, slots=True)
class Problem:
    """One Sentry issue."""

    number: int
    key: str
    source_id: int
    source_name: str
    project: str
    team: int
    title: str
    level: str
    environment: str

    @property
    def is_loud(self) -> bool:
        """Whether somebody on call is told as well."""
        return self.level == "fatal" or self.number % 5 == 0

    @property
    def issue_id(self) -> str:
        """Sentry's number of the issue."""
        return str(7_700_000_000 + self.number)

    @property
    def short_id(self) -> str:
        """What Sentry shows of the issue."""
        return f"{self.project.upper()}-{self.number:X}"

    @property
    def link(self) -> str:
        """Sentry's page of it."""
        return f"https://{self.source_name}.sentry.io/issues/{self.issue_id}/"

    @property
    def rule(self) -> str:
        """The rule that chooses who is told."""
        return f"{TEAMS[self.team]} tells its team"

    def severity(self, *, is_over: bool) -> str:
        """How loudly."""
        return "ok" if is_over else "critical" if self.level == "fatal" else "warning"


class Problems:
    """Problems in the order in which they come; each webhook is about one of the latest."""

    def __init__(self, projects: Sequence[Project], chance: random.Random, rows: int) -> None:
        self._projects, self._chance = projects, chance
        self._known: list[Problem] = []
        self._most = max(rows // PER_PROBLEM, 1)

    def next(self, number: int) -> Problem:
        """The problem of the webhook with this number."""
        if number > len(self._known) * PER_PROBLEM:
            self._known.append(self._new(len(self._known) + 1))
        back = min(int(self._chance.expovariate(1 / 300)), len(self._known) - 1)
        return self._known[-1 - back]

    def _new(self, number: int) -> Problem:
        project = self._projects[int(self._chance.paretovariate(0.6)) % len(self._projects)]
        error, where = self._chance.choice(ERRORS), self._chance.choice(WHERE)
        return Problem(
            number=number,
            key=hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest(),
            source_id=project.source_id,
            source_name=project.source.name,
            project=project.slug,
            team=TEAMS.index(project.slug.partition("-")[0]),
            title=f"{error}: {where} did not answer after {self._chance.randint(1, 9000)} ms in shard {number}",
            level=self._chance.choice(LEVELS),
            environment=self._chance.choice(ENVIRONMENTS),
        )


def unread(problem: Problem, kind: float) -> dict[str, Any]:
    """A webhook that told nobody: of no interest, or not to be read."""
    if kind < 0.002:
        return {"status": "malformed", "reason": "malformed"}
    if kind < 0.003:
        trace = "Traceback (most recent call last): …"
        return {"status": "failed", "reason": "deciding_failed", "resource": "event_alert", "traceback": trace}
    what = {"resource": "issue", "action": "assigned", "project_slug": problem.project}
    return {"status": "ignored", "reason": "ignored_action", **what}


def decision_of(
    problem: Problem, number: int, at: datetime, told: Sequence[Target], *, is_over: bool
) -> dict[str, Any]:
    """A decided webhook: its alert, and why it went where it went."""
    names = [target.name for target in told]
    missed = {"status": "ignored", "reason": "recovery_without_firing"} if is_over else {"status": "unrouted", "reason": "unmatched"}  # fmt: skip
    return {
        **({"status": "routed", "reason": "matched"} if told else missed),
        "resource": "issue" if is_over else "event_alert",
        "action": "resolved" if is_over else "triggered",
        "project_slug": problem.project,
        "alert_key": problem.key,
        "issue_id": problem.issue_id,
        "short_id": problem.short_id if is_over else "",
        "event_id": "" if is_over else f"{number:032x}",
        "title": problem.title,
        "alert": _alert(problem, number, at, is_over=is_over),
        "decision": {"reason": "matched", "trace": _trace(problem, at, names)},
    }


def _alert(problem: Problem, number: int, at: datetime, *, is_over: bool) -> dict[str, Any]:
    return {
        "resource": "issue" if is_over else "event_alert",
        "action": "resolved" if is_over else "triggered",
        "sentry_status": "resolved" if is_over else "triggered",
        "alert_key": problem.key,
        "kind": "issue",
        "title": problem.title,
        "message": f"{problem.title} while a parcel was booked",
        "culprit": f"shop.{problem.project}.views in post",
        "level": problem.level,
        "environment": problem.environment,
        "project_slug": problem.project,
        "project_slugs": [problem.project],
        "organization": problem.source_name,
        "issue_id": problem.issue_id,
        "event_id": f"{number:032x}",
        "link": problem.link,
        "platform": "python",
        "release": f"{problem.project}@2026.11.{problem.number % 28}",
        "occurred_at": at.isoformat(),
        "tags": {
            "browser": ["Chrome 131"],
            "os": ["Linux"],
            "server_name": [f"node-{number % 40}"],
            "transaction": ["/book"],
        },
    }


def _trace(problem: Problem, at: datetime, told: list[str]) -> dict[str, Any]:
    rules = [
        {
            "id": place + 1,
            "name": f"{team} tells its team",
            "result": "matched" if place == problem.team else "not_matched",
            "when": [_condition(team, problem)],
            **({"targets": told, "continues": False} if place == problem.team else {}),
        }
        for place, team in enumerate(TEAMS[: problem.team + 1])
    ]
    return {"rules_version": "f" * 64, "decided_at": at.isoformat(), "direct": None, "rules": rules, "omitted": 0}


def _condition(team: str, problem: Problem) -> dict[str, Any]:
    holds = problem.project.startswith(f"{team}-")
    return {"field": "project", "op": "starts_with", "value": f"{team}-", "seen": [problem.project], "holds": holds}
