"""Sample alerts: requests as Sentry makes them, of a problem that nobody has."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from integrations.contract import Alert
from integrations.registry import SOURCES
from integrations.sentry import samples
from integrations.sentry.resources import LEGACY
from routing.policy.deciding import decide
from routing.policy.patterns import PatternGuard
from routing.policy.sampling import fit, with_field
from routing.policy.specs import MatcherSpec, RuleSpec
from routing.selectors.snapshot import Snapshot

TITLE = "Test alert of Alert Relay"
PROJECT = "test-project"
SIGNED: tuple[samples.Kind, ...] = ("event_alert.triggered", "metric_alert.critical", "metric_alert.warning")
UNSIGNED: tuple[samples.Kind, ...] = ("legacy",)
_KINDS: Mapping[str, samples.Kind] = {f"{kind}": kind for kind in (*SIGNED, *UNSIGNED)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request without its signature, and the alert that the real parser reads in it."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    alert: Alert
    fits: bool = True
    """False when the rule that it was made for will not match it."""
    obstacles: tuple[MatcherSpec, ...] = ()
    """The conditions of that rule which no sample meets."""


def sample(
    source: str,
    *,
    now: datetime,
    is_signed: bool = True,
    project: str = PROJECT,
    environment: str = "production",
    level: str = "error",
) -> Sample:
    """What Sentry's test button would send for a project, as the source with this name reads it."""
    kind = (SIGNED if is_signed else UNSIGNED)[0]
    wanted = {"project": project, "environment": environment, "level": level}
    return _built(_altered(_base(kind, source, now), wanted), source, now)


def sample_for(
    rule: RuleSpec, source: str, *, now: datetime, is_signed: bool = True, snapshot: Snapshot | None = None
) -> Sample:
    """A request that the rule matches, or the nearest there is, with the conditions that stand in the way.

    With a snapshot the rule must be the one that takes it there; without one its own conditions are enough.
    """
    bases = [_base(kind, source, now) for kind in (SIGNED if is_signed else UNSIGNED)]
    found = fit(bases, rule=rule, source=source, accepts=_taker(rule, source, snapshot, now), now=now)
    made = _built(found.alert, source, now)
    return Sample(
        headers=made.headers, body=made.body, alert=made.alert, fits=found.is_accepted, obstacles=found.obstacles
    )


def _taker(rule: RuleSpec, source: str, snapshot: Snapshot | None, now: datetime) -> Callable[[Alert], bool]:
    if snapshot is None or not rule.targets:
        return lambda _alert: True
    rules, guard = snapshot.rules, PatternGuard()  # a guard of its own: trying must not suspend anybody's pattern

    def takes(alert: Alert) -> bool:
        decision = decide(alert, source=source, rules=rules, now=now, guard=guard)
        return any(rule.name in verdict.rules for verdict in decision.verdicts)

    return takes


def _altered(alert: Alert, wanted: Mapping[str, str]) -> Alert:
    for name, value in wanted.items():
        alert = with_field(alert, name, value)
    return alert


def _base(kind: samples.Kind, source: str, now: datetime) -> Alert:
    headers, body = samples.build(
        kind,
        project=PROJECT,
        environment="production",
        level="error",
        issue_id=str(10**9 + secrets.randbelow(10**9)),
        event_id=secrets.token_hex(16),
        title=TITLE,
        now=now,
        is_test=True,
    )
    return _read(headers, body, source)


def _built(alert: Alert, source: str, now: datetime) -> Sample:
    kind = _KINDS[LEGACY if alert.is_legacy else f"{alert.resource}.{alert.action}"]
    usual = _base(kind, source, now)
    changed = {name: values[0] for name, values in alert.tags.items() if usual.tags.get(name) != values}
    headers, body = samples.build(
        kind,
        project=alert.project_slug or "",
        environment=alert.environment or "",
        level=alert.level or "",
        issue_id=usual.issue_id or usual.rule_id or str(10**9 + secrets.randbelow(10**9)),
        event_id=secrets.token_hex(16),
        title=alert.title,
        now=now,
        is_test=alert.kind == "metric" or alert.rule_name is None,
        rule=alert.rule_name or "",
        message=alert.message,
        culprit=alert.culprit,
        platform=alert.platform or "",
        release=alert.release or "",
        logger=alert.logger or "",
        settings=dict(alert.settings) or None,
        tags={**dict.fromkeys(usual.tags.keys() - alert.tags.keys(), ""), **changed},
    )
    return Sample(headers=headers, body=body, alert=_read(headers, body, source))


def _read(headers: Mapping[str, str], body: bytes, source: str) -> Alert:
    alert = SOURCES["sentry"].read(body, dict(headers), source, frozenset()).alert
    if alert is None:
        raise RuntimeError("a sample holds an alert")
    return alert
