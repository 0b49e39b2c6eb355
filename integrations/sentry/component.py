"""The form that Sentry shows inside an alert rule ("alert-rule-action"): its schema, its calls, our answers.

Vendor facts: docs.sentry.io integration-platform/ui-components/alert-rule-action, and getsentry/sentry
src/sentry/sentry_apps/api/parsers/schema.py and src/sentry/sentry_apps/external_requests/.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from integrations.contract import Json, Text
from integrations.sentry.parsing import parse
from integrations.sentry.rule_settings import read_settings
from integrations.sentry.signature import COMPONENT_HEADER, signing_secret
from integrations.sentry.values import block, line

TARGET = "target"
"""The setting that names a target of ours."""
SEVERITY = "severity"
"""The setting that names a severity; empty leaves it to the rules."""

_MAX_DESCRIPTION = 140
_MAX_OPTIONS = 500
_MAX_MESSAGE = 500

_DESCRIPTION = Text(
    "Where Alert Relay sends this alert, and how loudly.",
    "选择 Alert Relay 把此告警推送到哪里、以什么等级推送。",
)
_TARGET_LABEL = Text("Target", "推送目标")
_SEVERITY_LABEL = Text("Severity (empty: by the routing rules)", "告警等级（留空则按路由规则）")


@dataclass(frozen=True, slots=True)
class Save:
    """What an operator chose when an alert rule was saved in Sentry. It names neither the rule nor the project."""

    installation: str
    settings: Mapping[str, str]
    """By field name; empty values are left out."""

    @property
    def target(self) -> str:
        """The chosen target's name, `""` for none."""
        return self.settings.get(TARGET, "")

    @property
    def severity(self) -> str:
        """The chosen severity in lower case, `""` for none."""
        return self.settings.get(SEVERITY, "").lower()


def schema(*, title: str, settings_uri: str, target_uri: str, severity_uri: str, language: str = "en") -> Json:
    """The schema to paste into the integration. Sentry keeps the host of the webhook URL and replaces its path by
    these, so each must itself lead to the source. Raises ValueError for an address that Sentry would refuse.
    """
    for uri in (settings_uri, target_uri, severity_uri):
        if not uri.startswith("/") or uri.startswith("//") or "@" in uri:
            raise ValueError(f"Not a path on the webhook's host: {uri}")
    target = {"type": "select", "label": _TARGET_LABEL.in_language(language), "name": TARGET, "uri": target_uri}
    severity = {"type": "select", "label": _SEVERITY_LABEL.in_language(language), "name": SEVERITY, "uri": severity_uri}
    settings = {
        "type": "alert-rule-settings",
        "uri": settings_uri,
        "description": _DESCRIPTION.in_language(language)[:_MAX_DESCRIPTION],
        "required_fields": [target],
        "optional_fields": [severity],
    }
    return {"elements": [{"type": "alert-rule-action", "title": title, "settings": settings}]}


def verify(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> int | None:
    """The index of the secret that signed a component call, or None. A GET signs the empty body."""
    return signing_secret(body, headers.get(COMPONENT_HEADER, ""), secrets)


def read_save(body: bytes) -> Save:
    """The fields of the call Sentry makes when a rule is saved; raises MalformedPayload for what is no JSON object."""
    document = parse(body)
    return Save(installation=line(document.get("installationId"), 64), settings=read_settings(document.get("fields")))


def select_options(choices: Iterable[tuple[str, str]], *, query: str = "") -> list[dict[str, str]]:
    """Sentry's answer shape for (value, label) pairs, those that contain `query` in either; both must be text."""
    wanted = query.strip().casefold()
    found = (
        {"value": value, "label": line(label) or value}
        for value, label in choices
        if value and (wanted in value.casefold() or wanted in label.casefold())
    )
    return [option for option, _ in zip(found, range(_MAX_OPTIONS), strict=False)]


def answer(message: str) -> dict[str, str]:
    """The body that makes Sentry show a sentence to the operator; with a status of 400 or above it blocks saving."""
    return {"message": block(message, _MAX_MESSAGE)}
