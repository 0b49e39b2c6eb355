"""What a call is about, and what Sentry says happened.

The resource stands in a header only, and the signature does not cover it. So an evident body has the last word: a
swapped or lost header can neither turn an alert into something else nor make it vanish. The header decides where
the body does not say, and a resource nobody has heard of stays what it calls itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from integrations.contract import MalformedPayload, SentryStatus
from integrations.sentry.parsing import Tree, parse
from integrations.sentry.values import line, mapping

RESOURCE_HEADER = "sentry-hook-resource"

LEGACY = "legacy"
SERVICE_HOOK = "service_hook"
GLITCHTIP = "glitchtip"

KNOWN = frozenset(
    {
        "installation",
        "event_alert",
        "issue",
        "error",
        "metric_alert",
        "comment",
        "seer",
        "preprod_artifact",
        "size_analysis",
        "activity_alert",
    }
)
"""getsentry/sentry src/sentry/sentry_apps/event_types.py, and one earlier name."""
ALERTS = frozenset({"event_alert", "activity_alert", "metric_alert", "issue", LEGACY})

_METRIC_STATUS = {
    "critical": SentryStatus.CRITICAL,
    "warning": SentryStatus.WARNING,
    "resolved": SentryStatus.RESOLVED,
    "open": SentryStatus.TRIGGERED,
}
_ISSUE_STATUS = {
    "resolved": SentryStatus.RESOLVED,
    "created": SentryStatus.TRIGGERED,
    "unresolved": SentryStatus.TRIGGERED,
    "archived": SentryStatus.RESOLVED,
    "ignored": SentryStatus.RESOLVED,
}
_SAME_ACTION = {"archived": "ignored", "ignored": "archived"}

# Sentry writes action and installation (some versions: actor) before data; objects without an inner bracket only.
_FIRST_DATA_KEY = re.compile(
    rb'\s*\{\s*(?:"(?:action|installation|actor)"\s*:\s*(?:"[^"\\]*"|\{[^{}\[\]\\]*\})\s*,\s*)*"data"\s*:\s*\{\s*"(event|error)"\s*:\s*\{'
)
_EVIDENT_FROM = {b"event": "event_alert", b"error": "error"}

_DATA_KEYS = (
    ("event", "event_alert"),
    ("triggered_rule", "event_alert"),
    ("metric_alert", "metric_alert"),
    ("error", "error"),
    ("comment_id", "comment"),
    ("installation", "installation"),
    ("group_id", "seer"),
    ("buildId", "preprod_artifact"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, recognised."""

    resource: str
    action: str
    document: Tree
    source: str
    body: bytes
    evident: str = ""
    """The resource that the body has the shape of; `""` where it has none that is known."""
    unfamiliar: tuple[str, ...] = ()

    @property
    def data(self) -> Tree:
        """The resource's own part of the envelope."""
        return mapping(self.document.get("data"))

    @property
    def notes(self) -> str:
        """What was not familiar about the call, in words."""
        return "; ".join(self.unfamiliar)

    def noting(self, note: str) -> "Call":
        """The same call with one more thing that was not familiar."""
        return replace(self, unfamiliar=(*self.unfamiliar, note))

    @property
    def is_unheard_of(self) -> bool:
        """True for a resource this version does not know, or none at all."""
        return self.resource not in KNOWN | {LEGACY, SERVICE_HOOK, GLITCHTIP}


def recognise(document: Tree, headers: Mapping[str, str], source: str, body: bytes) -> Call:
    """Name the resource and action of a parsed body."""
    action = line(document.get("action"), 64).lower()
    header, evident = _header(headers), _evident(document)
    resource = _settle(header, evident, action)
    notes = (f"header says {header}",) if header in KNOWN and header != resource else ()
    if resource == LEGACY:
        action = "triggered"
    elif resource == "metric_alert" and not action:
        action = _described_action(document)
    return Call(
        resource=resource,
        action=action,
        document=document,
        source=source,
        body=body,
        evident=evident,
        unfamiliar=notes,
    )


def resource_of(body: bytes, headers: Mapping[str, str]) -> str:
    """The resource `recognise` would name, without parsing a large event; `""` where nothing tells. Never raises."""
    header = _header(headers)
    found = _FIRST_DATA_KEY.match(body)
    if found:
        return _settle(header, _EVIDENT_FROM[found[1]], "")
    try:
        document = parse(body)
    except MalformedPayload:
        return "" if header == LEGACY else header
    return recognise(document, headers, "", body).resource


def is_legacy(body: bytes, headers: Mapping[str, str]) -> bool:
    """True for the WebHooks payload, which comes without any header of Sentry's; never raises."""
    if RESOURCE_HEADER in headers or b'"event"' not in body:
        return False
    try:
        return _evident(parse(body)) == LEGACY
    except MalformedPayload:
        return False


def status_of(resource: str, action: str, issue_actions: frozenset[str]) -> tuple[SentryStatus | None, bool]:
    """(status, familiar) of an alert resource's action; the status is None when the source did not opt in to it.

    Only `issue` has actions that announce nothing; an unknown action of another resource fires, and is not familiar.
    """
    if resource == "issue":
        wanted = action == "resolved" or action in issue_actions or _SAME_ACTION.get(action, "") in issue_actions
        return (_ISSUE_STATUS.get(action) if wanted else None), True
    if resource == "metric_alert":
        return _METRIC_STATUS.get(action, SentryStatus.TRIGGERED), action in _METRIC_STATUS
    return SentryStatus.TRIGGERED, action == "triggered"


def _described_action(document: Tree) -> str:
    """The status word that heads a metric alert's description, where the action is missing."""
    word = line(mapping(document.get("data")).get("description_title")).partition(":")[0].strip().lower()
    return word if word in _METRIC_STATUS else ""


def _header(headers: Mapping[str, str]) -> str:
    return line(headers.get(RESOURCE_HEADER, ""), 64).lower()


def _settle(header: str, evident: str, action: str) -> str:
    if header in ("", LEGACY):  # ours is no vendor's word: it can only stand for "no header"
        return evident
    if header not in KNOWN or not evident:
        return header
    if header == "activity_alert" and evident == "issue" and action == "triggered":
        return header  # an issue is never "triggered"
    return evident


def _evident(document: Tree) -> str:
    data = document.get("data")
    if isinstance(data, dict):
        return _evident_in(data)
    if isinstance(document.get("event"), dict):
        return _evident_around_event(document)
    if "event" in document and "triggering_rules" in document:
        return LEGACY  # nobody else lists the rules beside an event, so the event itself may be anything
    return GLITCHTIP if _is_chat_message(document) else ""


def _evident_in(data: Tree) -> str:
    for key, resource in _DATA_KEYS:
        if key in data:
            return resource
    if "issue" in data:
        return "activity_alert" if "activity" in data or "alert" in data else "issue"
    if "description_title" in data or "description_text" in data:
        return "metric_alert"
    return ""


def _is_chat_message(document: Tree) -> bool:
    """What GlitchTip sends: the messages of Slack, Discord, Google Chat and Feishu (glitchtip-backend alerts/webhooks)."""
    if isinstance(document.get("attachments"), list) and ("alias" in document or "text" in document):
        return True
    if isinstance(document.get("embeds"), list) or isinstance(document.get("cardsV2"), list):
        return True
    return isinstance(document.get("msg_type"), str) and ("card" in document or "content" in document)


def _evident_around_event(document: Tree) -> str:
    if isinstance(document.get("group"), dict):
        return SERVICE_HOOK
    names = ("project", "project_slug", "project_name", "triggering_rules", "url")
    return LEGACY if any(name in document for name in names) else ""
