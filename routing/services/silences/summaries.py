"""What a summary says: the problems that a silence held back and that are still unresolved."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integrations.contract import DROP, Alert, ListedAlert, Listing, Severity, Text
from routing.policy.specs import SeverityOrDrop
from routing.selectors.held_back import HeldBack

LISTED = 10
"""How many problems a summary names."""


@dataclass(slots=True)
class Problem:
    """Everything that was held back from one target about one alert key."""

    rows: list[HeldBack] = field(default_factory=list)

    @property
    def last(self) -> HeldBack:
        """The latest firing."""
        return self.rows[-1]

    @property
    def severity(self) -> Severity:
        """The loudest severity of its firings."""
        return max([Severity(row.severity) for row in self.rows], key=lambda severity: severity.loudness)


def problems_of(rows: Iterable[HeldBack]) -> dict[str, Problem]:
    """Alert key -> what was held back about it, in the order in which it came."""
    found: dict[str, Problem] = {}
    for row in rows:
        found.setdefault(row.alert_key, Problem()).rows.append(row)
    return found


def loudest(problems: Iterable[Problem]) -> Severity:
    """The loudest severity of all."""
    return max([problem.severity for problem in problems], key=lambda severity: severity.loudness)


def listing_of(silence: str, problems: Sequence[Problem], alerts: Mapping[str, Alert]) -> Listing:
    """The message: exact counts, and the loudest problems with their links. `alerts` is by alert key."""
    total = sum(len(problem.rows) for problem in problems)
    counts = Counter(row.project_slug for problem in problems for row in problem.rows)
    shown = sorted(problems, key=lambda problem: (-problem.severity.loudness, -len(problem.rows), problem.last.id))
    return Listing(
        title=Text(
            f"Silence {silence} is over: {len(problems)} unresolved",
            f"静默「{silence}」已结束：{len(problems)} 个问题尚未恢复",
        ),
        total=total,
        per_project=tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        alerts=tuple(_listed(problem, alerts[problem.last.alert_key]) for problem in shown[:LISTED]),
    )


def recovery_severity_of(decision: Mapping[str, Any], target: int) -> SeverityOrDrop:
    """What a recovery will be for this target, as decided for the firing that was held back."""
    trace = decision.get("trace") or {}
    for told in trace.get("targets") or ():
        if told.get("id") == target:
            return DROP if told.get("recovery_severity") == DROP else Severity.OK
    return Severity.OK


def _listed(problem: Problem, alert: Alert) -> ListedAlert:
    return ListedAlert(
        title=alert.title,
        project_slug=alert.project_slug,
        severity=problem.severity,
        link=alert.link,
        count=len(problem.rows),
    )
