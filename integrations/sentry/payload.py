"""One body to one reading. The readers of the resources live beside this."""

from collections.abc import Callable, Mapping

from integrations.contract import Alert, ProjectHint, Reading, SentryStatus
from integrations.sentry import advice, links
from integrations.sentry.events import read_event_alert
from integrations.sentry.issues import read_issue
from integrations.sentry.legacy import read_legacy
from integrations.sentry.metrics import read_metric_alert
from integrations.sentry.parsing import parse
from integrations.sentry.resources import LEGACY, Call, recognise, status_of
from integrations.sentry.subjects import project_of
from integrations.sentry.values import SLUG, mapping, number, optional

_READERS: dict[str, Callable[[Call, SentryStatus], Alert]] = {
    "event_alert": read_event_alert,
    "activity_alert": read_issue,
    "issue": read_issue,
    "metric_alert": read_metric_alert,
    LEGACY: read_legacy,
}


def read(body: bytes, headers: Mapping[str, str], source: str, issue_actions: frozenset[str]) -> Reading:
    """What a call says: an alert, or why there is none. `issue_actions` are those the source opted in to.

    Raises MalformedPayload for a body that is no JSON object within limits, and nothing else whatever the bytes.
    """
    call = recognise(parse(body), headers, source, body)
    reader = _READERS.get(call.resource)
    if reader is None:
        return _ignored_resource(call)
    status, familiar = status_of(call.resource, call.action, issue_actions)
    if status is None:
        return Reading(
            resource=call.resource, action=call.action, ignored="ignored_action", projects=_mentioned_projects(call)
        )
    if not familiar:
        call = call.noting(f"action {call.action or 'missing'}")
    alert = reader(call, status)
    return Reading(resource=call.resource, action=call.action, alert=alert, projects=_projects(alert))


def _ignored_resource(call: Call) -> Reading:
    return Reading(
        resource=call.resource,
        action=call.action,
        ignored="ignored_resource",
        projects=_mentioned_projects(call),
        unknown_resource=call.is_unheard_of,
        advice=advice.about(call.resource, call.evident),
    )


def _projects(alert: Alert) -> tuple[ProjectHint, ...]:
    """What the alert teaches. A metric alert lists slugs alone, so none of them goes with an id."""
    if alert.kind == "metric":
        return tuple(ProjectHint(slug) for slug in alert.project_slugs)
    return _hint(alert.project_slug, alert.project_id, alert.project_name)


def _mentioned_projects(call: Call) -> tuple[ProjectHint, ...]:
    """What calls that announce nothing teach all the same: issues, errors, comments and build artefacts."""
    data = call.data
    issue, error = mapping(data.get("issue")), mapping(data.get("error"))
    if issue:
        return _hint(*project_of(issue, None))
    if error:
        return _hint(*project_of(error, links.place(error.get("url")).project))
    slug = optional(data.get("project_slug"), SLUG) or optional(data.get("projectSlug"), SLUG)
    return _hint(slug, number(data.get("projectId")), None)


def _hint(slug: str | None, sentry_id: int | None, name: str | None) -> tuple[ProjectHint, ...]:
    return (ProjectHint(slug, sentry_id, name or ""),) if slug or sentry_id else ()
