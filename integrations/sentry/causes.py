"""What a metric alert and the issue that Sentry opens for the same breach have in common.

Newer versions send both: `metric_alert.*` under the alert rule, and through the project's alert rules the issue of type
`metric_issue` (getsentry/sentry src/sentry/incidents/grouptype.py: type 8001, titled after the detector, which bears the
alert rule's name; its evidence carries `alert_id`, the alert rule, where there is one).
"""

from integrations.sentry.identity import alert_key
from integrations.sentry.parsing import Tree
from integrations.sentry.rule_settings import rule_id_of
from integrations.sentry.values import line, mapping

_METRIC_ISSUE = 8001
_WORDS = frozenset({"metric", "metric_alert", "metric_issue"})


def of_metric_alert(source: str, key: str, project: str | None, title: str) -> tuple[str, ...]:
    """The metric alert's own key, which the issue's evidence may name, and its name in its project, the last resort."""
    return (key, *_named(source, project, title))


def of_event(source: str, event: Tree, project: str | None, title: str) -> tuple[str, ...]:
    """The alert rule that an event of a metric issue names, else the issue's name in its project; nothing for others."""
    occurrence = mapping(event.get("occurrence"))
    if occurrence.get("type") != _METRIC_ISSUE:
        return ()
    evidence = mapping(occurrence.get("evidenceData"))
    rule = rule_id_of(evidence.get("alert_id")) or rule_id_of(evidence.get("alertId"))
    return (alert_key(source, "metric", "id", rule),) if rule else _named(source, project, title)


def of_issue(source: str, issue: Tree, project: str | None, title: str) -> tuple[str, ...]:
    """The name of a metric issue in its project; an issue's payload says no more. Nothing for other issues."""
    is_metric = line(issue.get("issueType")) in _WORDS or line(issue.get("issueCategory")) in _WORDS
    return _named(source, project, title) if is_metric else ()


def _named(source: str, project: str | None, title: str) -> tuple[str, ...]:
    return (alert_key(source, "metric", "cause", project, title.casefold()),) if project and title else ()
