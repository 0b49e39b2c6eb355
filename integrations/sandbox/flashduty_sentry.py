"""Sentry's calls as Flashduty's own Sentry integration reads them.

The status table and the list of what is handled are the vendor's (flashduty-docs alert-sources/sentry). How it makes
its alert key is not published; this one is made of what stays the same over time.
"""

from collections.abc import Mapping
from typing import Any, Final

from integrations.sandbox.flashduty_events import ReadEvent

RESOURCE_HEADER: Final = "sentry-hook-resource"
_STATUSES: Final = {"critical": "Critical", "warning": "Warning", "triggered": "Warning", "resolved": "Ok"}
_HANDLED: Final = {"event_alert": "event", "metric_alert": "metric_alert", "issue": "issue"}


def read_call(resource: str, document: Mapping[str, Any]) -> ReadEvent | None:
    """The event that the integration makes of a call, or None for one that it takes and does nothing with."""
    action = document.get("action")
    if resource not in _HANDLED or not isinstance(action, str) or action not in _STATUSES:
        return None
    if resource == "issue" and action != "resolved":
        return None
    subject = _object(_object(document.get("data")).get(_HANDLED[resource]))
    kind, number = _identity(resource, subject)
    return ReadEvent(
        title=str(subject.get("title") or "Sentry"),
        event_status=_STATUSES[action],
        alert_key=f"{kind}-{number}",
        description=str(subject.get("web_url") or ""),
        labels={"resource": resource},
        overrides={},
    )


def _identity(resource: str, subject: Mapping[str, Any]) -> tuple[str, str]:
    if resource == "metric_alert":
        return "metric", str(_object(subject.get("alert_rule")).get("id"))
    return "issue", str(subject.get("issue_id") or subject.get("id"))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
