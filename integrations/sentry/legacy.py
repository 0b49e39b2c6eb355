"""The older WebHooks payload: unsigned, one flat object around the event, in the notation of Sentry 8 to today."""

from integrations.contract import Alert, SentryStatus
from integrations.sentry import links
from integrations.sentry.events import Trigger, read_event
from integrations.sentry.parsing import Tree
from integrations.sentry.resources import Call
from integrations.sentry.values import identifier, items, mapping, optional


def read_legacy(call: Call, status: SentryStatus) -> Alert:
    """The alert of a WebHooks payload; the test button sends no rule or an empty one."""
    document = call.document
    labels = document.get("triggering_rules")
    names = [name for name in (optional(label) for label in items(labels)) if name]
    trigger = Trigger(
        name=names[0] if names else None,
        id=None,
        settings={},
        is_test=isinstance(labels, list) and not names,
    )
    return read_event(_modern(document), call, status, trigger)


def _modern(document: Tree) -> Tree:
    """The event with what only the envelope knows, under the names that newer payloads use."""
    event = mapping(document.get("event"))
    place = links.place(document.get("url"))
    completed = {
        "project_slug": document.get("project_slug") or document.get("project") or place.project,
        "project_name": document.get("project_name"),
        "issue_id": identifier(document.get("id")) or place.issue_id,
        "web_url": document.get("url"),
        "event_id": event.get("event_id") or event.get("id"),
    }
    for name in ("message", "level", "culprit", "logger"):
        completed[name] = event.get(name) or document.get(name)
    return {**event, **completed, "url": None}
