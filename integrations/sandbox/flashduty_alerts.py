"""What one event does to its alert: open, update, drop as a duplicate, close (flashduty-docs, standard alert)."""

from dataclasses import replace
from typing import Final

from integrations.sandbox.flashduty_events import ReadEvent
from integrations.sandbox.verdict import AlertState, Block, Change, Seen, Span

COLOURS: Final = {"Critical": "red", "Warning": "orange", "Info": "blue", "Ok": "green"}
_MARKDOWN = "[MD]"


def applied(event: ReadEvent, before: AlertState | None) -> tuple[Change, AlertState | None]:
    """The change and the alert after it; a recovery of nothing changes nothing."""
    if event.event_status == "Ok":
        return _recovered(event, before)
    if before is None or not before.is_open:
        return "opened", replace(_state(event), opened=before.opened + 1 if before else 1)
    if (before.event_status, before.title, before.description) == (event.event_status, event.title, event.description):
        return "duplicate", replace(before, labels=event.labels, duplicates=before.duplicates + 1)
    return "updated", replace(_state(event), opened=before.opened, duplicates=before.duplicates)


def seen_event(event: ReadEvent, change: Change) -> Seen:
    """The event as the incident's page shows it; a description that starts with `[MD]` is no longer plain text."""
    description = event.description.removeprefix(_MARKDOWN)
    bold = description != event.description
    blocks = (Block("text", ((Span(description, bold=bold),),)),) if description else ()
    return Seen(
        form="event",
        title=event.title,
        colour=COLOURS[event.event_status],
        blocks=blocks,
        event_status=event.event_status,
        alert_key=event.alert_key,
        labels=event.labels,
        change=change,
        overrides=event.overrides,
    )


def _recovered(event: ReadEvent, before: AlertState | None) -> tuple[Change, AlertState | None]:
    """An Ok only adds labels that are missing."""
    if before is None or not before.is_open:
        return "unmatched_recovery", None
    labels = {**event.labels, **before.labels}
    return "closed", replace(before, is_open=False, event_status="Ok", labels=labels)


def _state(event: ReadEvent) -> AlertState:
    return AlertState(
        alert_key=event.alert_key,
        is_open=True,
        event_status=event.event_status,
        title=event.title,
        description=event.description,
        labels=event.labels,
    )
