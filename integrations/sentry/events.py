"""Issue alerts: one event, and the rule that it set off."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from integrations.contract import Alert, SentryStatus
from integrations.sentry import causes
from integrations.sentry.identity import alert_key, body_identity
from integrations.sentry.parsing import Tree
from integrations.sentry.resources import LEGACY, Call
from integrations.sentry.rule_settings import is_test_rule, read_settings, rule_id_of
from integrations.sentry.subjects import Subject, subject_of
from integrations.sentry.titles import error_of, headline, level_of, message_of
from integrations.sentry.values import (
    NAME,
    TITLE,
    identifier,
    items,
    line,
    mapping,
    moment,
    optional,
    tags,
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """Which alert rule fired."""

    name: str | None
    id: str | None
    settings: Mapping[str, str]
    is_test: bool
    lacks_settings: bool = False


def read_event_alert(call: Call, status: SentryStatus) -> Alert:
    """The alert of `event_alert.triggered`."""
    event = mapping(call.data.get("event"))
    if not event:
        call = call.noting("no event in the data")
    return read_event(event, call, status, _trigger(call.data))


def read_event(event: Tree, call: Call, status: SentryStatus, trigger: Trigger) -> Alert:
    """The alert of one event, in the newer notation of field names."""
    subject = subject_of(event, call.document, "issue_id", ("url", "web_url", "issue_url"))
    event_id = identifier(event.get("event_id"))
    message, (error_type, error_value) = message_of(event), error_of(event)
    found, title = tags(event.get("tags")), headline(event, message)
    return Alert(
        resource=call.resource,
        action=call.action,
        sentry_status=status,
        alert_key=alert_key(call.source, "issue", *_identity(event, call, subject, event_id)),
        title=title,
        message=message,
        culprit=line(event.get("culprit"), TITLE) or line(event.get("transaction"), TITLE),
        error_type=error_type,
        error_value=error_value,
        level=level_of(event.get("level"), _tag(found, "level")),
        environment=optional(event.get("environment")) or _tag(found, "environment"),
        project_slug=subject.project_slug,
        project_slugs=subject.project_slugs,
        project_id=subject.project_id,
        project_name=subject.project_name,
        organization=subject.organization,
        issue_id=subject.issue_id,
        event_id=event_id,
        rule_name=trigger.name,
        rule_id=trigger.id,
        link=subject.page,
        platform=optional(event.get("platform"), 64),
        release=optional(event.get("release")) or _tag(found, "release"),
        logger=optional(event.get("logger")) or _tag(found, "logger"),
        occurred_at=_occurred_at(event),
        tags=found,
        settings=trigger.settings,
        lacks_settings=trigger.lacks_settings,
        cause_keys=causes.of_event(call.source, event, subject.project_slug, title),
        is_test=trigger.is_test,
        is_legacy=call.resource == LEGACY,
        unfamiliar=call.notes,
    )


def _trigger(data: Tree) -> Trigger:
    rule = mapping(data.get("issue_alert"))
    label = data.get("triggered_rule")
    return Trigger(
        name=optional(label, NAME) or optional(rule.get("title"), NAME),
        id=rule_id_of(rule.get("id")),
        settings=read_settings(rule.get("settings")),
        lacks_settings="settings" in rule and not read_settings(rule.get("settings")),
        is_test=(label == "" and not rule.get("title")) or is_test_rule(rule.get("id")),
    )


def _identity(event: Tree, call: Call, subject: Subject, event_id: str | None) -> tuple[str, ...]:
    """The issue's id. Where the payload has none, what Sentry groups by: the project's event hashes, else a
    fingerprint of the application's own, else the event alone. Such a key is stable from event to event, but a
    recovery, which knows the issue's id only, cannot meet it.
    """
    if subject.issue_id:
        return "id", subject.issue_id
    project = subject.project_slug or str(subject.project_id or "")
    for word in ("hashes", "fingerprint"):
        parts = tuple(filter(None, (line(part) for part in items(event.get(word))[:20])))
        if parts and parts != ("{{ default }}",):
            return word, project, *parts
    return ("event", event_id) if event_id else body_identity(call.body)


def _occurred_at(event: Tree) -> datetime | None:
    for name in ("datetime", "timestamp", "received"):
        found = moment(event.get(name))
        if found is not None:
            return found
    return None


def _tag(found: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    values = found.get(name)
    return values[0] if values else None
