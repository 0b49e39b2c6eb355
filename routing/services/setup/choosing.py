"""Sentry's alert rule action: what people may choose in an alert rule, and whether what they chose is known."""

from collections.abc import Mapping

from django.utils.translation import gettext

from integrations.contract import MalformedPayload, Severity
from integrations.sentry import component
from routing.models import Severity as SeverityWords
from routing.models import Target
from routing.selectors.configuration import current
from routing.selectors.snapshot import SourceEntry
from routing.services.ingest.answers import Answer
from routing.services.setup.sources import key_digest

CHOICES = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


def targets(hook_key: str, headers: Mapping[str, str], query: str) -> Answer:
    """The enabled targets, as Sentry's select lists them."""
    found = _asker(hook_key, headers, b"")
    if isinstance(found, Answer):
        return found
    rows = Target.objects.filter(enabled=True).order_by("name").values_list("name", "title")
    labelled = [(name, f"{title} ({name})" if title else name) for name, title in rows]
    return Answer(200, component.select_options(labelled, query=query))


def severities(hook_key: str, headers: Mapping[str, str], query: str) -> Answer:
    """The severities that an alert may be given."""
    found = _asker(hook_key, headers, b"")
    if isinstance(found, Answer):
        return found
    labelled = [(choice.value, str(SeverityWords(choice.value).label)) for choice in CHOICES]
    return Answer(200, component.select_options(labelled, query=query))


def save(hook_key: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Check what was chosen while Sentry waits to save the rule; nothing is stored, since each alert brings it along."""
    found = _asker(hook_key, headers, body)
    if isinstance(found, Answer):
        return found
    try:
        chosen = component.read_save(body)
    except MalformedPayload as error:
        return _say(400, gettext("The settings cannot be read: %(why)s") % {"why": error})
    target = Target.objects.filter(name=chosen.target).first() if chosen.target else None
    if chosen.target and target is None:
        return _say(400, gettext("There is no target %(name)s any more. Choose another.") % {"name": chosen.target})
    if target is not None and not target.enabled:
        return _say(400, gettext("The target %(name)s is switched off. Choose another.") % {"name": target.name})
    if chosen.severity and chosen.severity not in CHOICES:
        return _say(400, gettext("Choose critical, warning or info as severity, or leave it empty."))
    if target is None:
        return _say(200, gettext("Saved: the routing rules decide."))
    return _say(200, gettext("Saved: alerts of this rule go to %(name)s.") % {"name": target})


def _asker(hook_key: str, headers: Mapping[str, str], body: bytes) -> SourceEntry | Answer:
    """The source that signed the call, or the refusal."""
    entry = current().keys.get(key_digest(hook_key))
    if entry is None:
        return _say(404, gettext("No Sentry connection has this URL. Print the schema again and paste it into Sentry."))
    if component.verify(body, headers, entry.source.secrets) is None:
        return _say(401, gettext("The call is not signed with a client secret of this connection."))
    return entry.source


def _say(status: int, message: str) -> Answer:
    return Answer(status, component.answer(message))
