"""What a source makes of a request: alerts, and what a payload teaches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from integrations.contract.text import Text


class SentryStatus(StrEnum):
    """What Sentry says happened: the left column of the severity mapping."""

    CRITICAL = "critical"
    WARNING = "warning"
    TRIGGERED = "triggered"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """What a target is told, loudest first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"

    @property
    def loudness(self) -> int:
        """A number that rises with urgency, so that the loudest of several is `max` by it."""
        return {"critical": 3, "warning": 2, "info": 1, "ok": 0}[self.value]


DROP: Literal["drop"] = "drop"
"""The mapping's fifth answer: tell nobody."""

LEVELS = ("debug", "info", "warning", "error", "fatal")
"""Sentry's event levels in rising order; anything else has no place in the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The neutral description of one alert. Text fields are `""` and identifiers `None` where the payload has none."""

    resource: str
    action: str
    sentry_status: SentryStatus
    alert_key: str
    """Identifies one problem over time; never contains severity, title or time."""
    kind: Literal["issue", "metric"] = "issue"
    title: str = ""
    message: str = ""
    culprit: str = ""
    error_type: str = ""
    error_value: str = ""
    level: str | None = None
    environment: str | None = None
    project_slug: str | None = None
    """The project that messages name; the first one of a metric alert over several projects."""
    project_slugs: tuple[str, ...] = ()
    project_id: int | None = None
    project_name: str | None = None
    organization: str | None = None
    issue_id: str | None = None
    short_id: str | None = None
    event_id: str | None = None
    rule_name: str | None = None
    rule_id: str | None = None
    """Sentry's alert rule (issue alert) or metric alert rule."""
    link: str | None = None
    """Where a person continues: the issue's page, always http or https."""
    platform: str | None = None
    release: str | None = None
    logger: str | None = None
    occurred_at: datetime | None = None
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings chosen in the alert rule action of the source."""
    lacks_settings: bool = False
    """True where the alert rule has our action, and its settings came empty."""
    cause_keys: tuple[str, ...] = ()
    """What alerts under another alert key have in common with this one when they tell of the same cause."""
    is_follow_up: bool = False
    """True for news about a problem, which is no announcement of it."""
    is_test: bool = False
    """True for the source's own test button."""
    is_legacy: bool = False
    """True for the unsigned, older webhook shape."""
    unfamiliar: str = ""
    """What about the payload was not known (an action, a shape); routed all the same, and flagged."""

    @property
    def is_resolved(self) -> bool:
        """True when this ends a problem rather than announcing one."""
        return self.sentry_status is SentryStatus.RESOLVED


@dataclass(frozen=True, slots=True)
class ProjectHint:
    """What a payload teaches about a project; `name` is `""` where it is not told."""

    slug: str | None
    sentry_id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source made of one request: an alert, or the reason why there is none."""

    resource: str
    action: str
    alert: Alert | None = None
    ignored: Literal["", "ignored_resource", "ignored_action"] = ""
    projects: tuple[ProjectHint, ...] = ()
    unknown_resource: bool = False
    """True for a resource that this version has never heard of: flagged once on the dashboard."""
    advice: Text | None = None
    """What the operator should change, where the payload shows a wrong set-up."""


class MalformedPayload(Exception):  # noqa: N818 - the name of the inbound's status
    """The body is genuine but cannot be read; `str()` says where and why, without quoting values."""
