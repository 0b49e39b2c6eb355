"""Metric alerts: a number crossed a threshold. They have no issue and no level, and any part of them may be null."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from integrations.contract import Alert, SentryStatus
from integrations.sentry import causes, links
from integrations.sentry.identity import alert_key, body_identity
from integrations.sentry.parsing import Tree
from integrations.sentry.resources import Call
from integrations.sentry.rule_settings import is_test_rule, lacks_settings, metric_settings, rule_id_of
from integrations.sentry.subjects import organization_of
from integrations.sentry.values import SLUG, TITLE, block, first, identifier, items, line, mapping, moment, optional

_MAX_PROJECTS = 100
_STATUS_WORD = re.compile(r"\A(?:critical|warning|resolved|triggered|open)\s*:\s*", re.IGNORECASE)


def read_metric_alert(call: Call, status: SentryStatus) -> Alert:
    """The alert of `metric_alert.*`: its title is the rule's name, its message what Sentry measured."""
    incident = mapping(call.data.get("metric_alert"))
    rule = mapping(incident.get("alert_rule"))
    url = call.data.get("web_url")
    slugs = _projects(incident, rule)
    title = _title(call.data, incident, rule)
    rule_id = rule_id_of(rule.get("id")) or links.metric_rule_id(url)
    installation = mapping(call.document.get("installation")).get("uuid")
    settings = metric_settings(rule, call.action, installation)
    key = alert_key(call.source, "metric", *_identity(call, incident, rule_id, title, slugs))
    return Alert(
        resource=call.resource,
        action=call.action,
        sentry_status=status,
        alert_key=key,
        kind="metric",
        title=title,
        message=_message(call.data),
        environment=optional(rule.get("environment")) or optional(mapping(rule.get("environment")).get("name")),
        project_slug=slugs[0] if slugs else None,
        project_slugs=slugs,
        organization=links.place(url).organization or organization_of(call.document),
        rule_name=title or None,
        rule_id=rule_id,
        link=links.page(url),
        occurred_at=_occurred_at(incident, status),
        cause_keys=causes.of_metric_alert(call.source, key, slugs[0] if slugs else None, title),
        settings=settings,
        lacks_settings=not settings and lacks_settings(rule, call.action, installation),
        is_test=is_test_rule(rule.get("id")),
        unfamiliar=_notes(call),
    )


def _identity(call: Call, incident: Tree, rule_id: str | None, title: str, slugs: tuple[str, ...]) -> tuple[str, ...]:
    """The alert rule, else the incident (its number in the organisation first: that one also stands in URLs), else
    the issue that newer versions open for the alert and link to.

    Where Sentry sent neither, the rule's name in its projects is all that trigger and recovery have in common.
    """
    if rule_id:
        return "id", rule_id
    number = identifier(incident.get("identifier")) or links.incident(call.data.get("web_url"))
    if number:
        return "incident", number
    incident_id = identifier(incident.get("id"))
    if incident_id:
        return "incident id", incident_id
    group = links.place(call.data.get("web_url")).issue_id
    if group:
        return "issue", group
    return ("name", title, *sorted(slugs)) if title else body_identity(call.body)


def _title(data: Tree, incident: Tree, rule: Tree) -> str:
    described = _STATUS_WORD.sub("", line(data.get("description_title"), TITLE), count=1)
    return first((line(rule.get("name"), TITLE), described, line(incident.get("title"), TITLE)))


def _message(data: Tree) -> str:
    """Some versions write the line end before the filter as a backslash and an n."""
    return block(data.get("description_text")).replace("\\nFilter", "\nFilter")


def _projects(incident: Tree, rule: Tree) -> tuple[str, ...]:
    listed = _listed(incident.get("projects")) or _listed(rule.get("projects"))
    slugs = (line(mapping(entry).get("slug") or entry, SLUG) for entry in listed[:_MAX_PROJECTS])
    return tuple(dict.fromkeys(filter(None, slugs)))


def _listed(projects: object) -> Sequence[Any]:
    return [projects] if isinstance(projects, str) else items(projects)


def _occurred_at(incident: Tree, status: SentryStatus) -> datetime | None:
    if status is SentryStatus.RESOLVED:
        return moment(incident.get("date_closed"))
    for name in ("date_started", "date_detected", "date_created"):
        found = moment(incident.get(name))
        if found is not None:
            return found
    return None


def _notes(call: Call) -> str:
    """A null metric_alert is familiar: Sentry sends it when it could not read its own incident in time."""
    known = call.data.keys() & {"metric_alert", "description_title", "description_text"}
    return (call if known else call.noting("no metric alert in the data")).notes
