"""A rule's own severities: one select for each (Sentry status, level) that matters."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.contract import LEVELS
from routing.admin.wording import worded
from routing.models import SentryStatus, Severity
from routing.policy.errors import SeverityError
from routing.policy.severity import FIRING, RECOVERY, parse_mapping

USUAL_KEYS = (
    "critical",
    "warning",
    "triggered",
    *[f"triggered.{level}" for level in reversed(LEVELS)],
    "resolved",
)


def _choices(key: str) -> list[tuple[str, Any]]:
    allowed = RECOVERY if key.startswith("resolved") else FIRING
    return [("", _("as the default mapping")), *[(value, Severity(value).label) for value in allowed]]


def _label(key: str) -> str:
    status, _dot, level = key.partition(".")
    label = str(SentryStatus(status).label) if status in SentryStatus.values else status
    return f"{label} · {level}" if level else label


class OverlayWidget(forms.Widget):
    """A small table; keys beyond the usual ones are shown when the rule has them."""

    template_name = "routing/forms/severity.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """One row a key."""
        context = super().get_context(name, value, attrs)
        chosen = value if isinstance(value, dict) else {}
        keys = [*USUAL_KEYS, *sorted(set(chosen) - set(USUAL_KEYS))]
        context["widget"]["rows"] = [
            {"key": key, "label": _label(key), "choices": _choices(key), "chosen": chosen.get(key, "")} for key in keys
        ]
        return context

    def format_value(self, value: Any) -> Any:
        """The mapping itself."""
        return value

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """The rows that say something."""
        prefix = f"{name}-"
        return {key.removeprefix(prefix): data[key] for key in data if key.startswith(prefix) and data[key]}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """False: a form without choices says "as the default mapping"."""
        return False


class OverlayField(forms.Field):
    """A severity overlay, checked by the policy."""

    widget = OverlayWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(**{**kwargs, "required": False})

    def clean(self, value: Any) -> dict[str, str]:
        """The mapping as stored; raises ValidationError."""
        try:
            return {key: str(severity) for key, severity in parse_mapping(value).items()}
        except SeverityError as error:
            raise forms.ValidationError(f"{error.path}: {worded(error.text)}") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """True when another mapping was chosen."""
        return (initial or {}) != (data or {})
