"""The form of a target, drawn from the fields that its kind declares."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.contract import ConfigError, Field
from routing.admin.wording import UNOPENED, worded
from routing.fields import UnsealingError
from routing.models import Severity, Target
from routing.services.setup import targets

STORED = _("•••• stored; leave empty to keep it")
MENTIONED = ("critical", "warning", "info")


class MentionsWidget(forms.MultiWidget):
    """One line a severity."""

    template_name = "routing/forms/mentions.html"

    def __init__(self, attrs: Any = None) -> None:
        lines: dict[str, forms.Widget | type[forms.Widget]] = {
            name: forms.TextInput({"placeholder": "all, ou_…", "aria-label": Severity(name).label})
            for name in MENTIONED
        }
        super().__init__(lines, attrs)

    def decompress(self, value: Any) -> list[str]:
        """The lines of a stored mapping."""
        return [", ".join((value or {}).get(name, [])) for name in MENTIONED]


class MentionsField(forms.Field):
    """Who is mentioned, by severity: ids separated by commas."""

    widget = MentionsWidget

    def clean(self, value: Any) -> dict[str, list[str]]:
        """The mapping; what the ids may be is checked by the kind."""
        lines = zip(MENTIONED, value or [], strict=False)
        found = {name: [part.strip() for part in (line or "").split(",") if part.strip()] for name, line in lines}
        return {name: ids for name, ids in found.items() if ids}


class LimitsWidget(forms.MultiWidget):
    """Two numbers."""

    template_name = "routing/forms/limits.html"

    def __init__(self, attrs: Any = None) -> None:
        numbers: dict[str, forms.Widget | type[forms.Widget]] = {
            "second": forms.NumberInput({"min": 0, "step": "any", "aria-label": _("a second")}),
            "minute": forms.NumberInput({"min": 0, "step": "any", "aria-label": _("a minute")}),
        }
        super().__init__(numbers, attrs)

    def decompress(self, value: Any) -> list[Any]:
        """The numbers of a stored mapping."""
        return [(value or {}).get("per_second"), (value or {}).get("per_minute")]


class LimitsField(forms.Field):
    """Messages a second and a minute."""

    widget = LimitsWidget

    def clean(self, value: Any) -> dict[str, float] | None:
        """The mapping; empty inputs are the kind's own limits. Raises ValidationError for what is no number."""
        given = dict(zip(("per_second", "per_minute"), value or [], strict=False))
        try:
            return {name: float(number) for name, number in given.items() if number not in (None, "")} or None
        except ValueError as error:
            raise forms.ValidationError(_("Enter a number; 0 means no limit.")) from error


def form_field(field: Field, *, is_stored: bool) -> forms.Field:
    """The form field for one declared setting."""
    shared: dict[str, Any] = {
        "label": worded(field.label),
        "help_text": worded(field.help),
        "required": field.required and not is_stored,
    }
    if field.type == "choice":
        choices = [(value, worded(label)) for value, label in field.choices]
        if field.default is None:
            choices.insert(0, ("", "—"))
        return forms.ChoiceField(choices=choices, initial=field.default, **{**shared, "required": False})
    if field.type == "mentions":
        return MentionsField(initial=field.default, **shared)
    if field.type == "limits":
        return LimitsField(initial=field.default, **shared)
    attributes = {"size": 80 if field.type == "url" else 40, "autocomplete": "off", "spellcheck": "false"}
    if is_stored:
        attributes["placeholder"] = str(STORED)
    widget = forms.PasswordInput(attributes) if field.type == "secret" else forms.TextInput(attributes)
    initial = None if field.credential else field.default
    return forms.CharField(widget=widget, initial=initial, empty_value="", **shared)


class TargetForm(forms.ModelForm):
    """A target's own columns and the settings of its kind; credentials are written, never shown."""

    kind = ""
    settings_names: tuple[str, ...] = ()

    class Meta:
        model = Target
        fields = ("name", "title", "enabled", "fallback", "fallback_after_minutes", "is_operations")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.kind = self.instance.kind or self.kind
        for name in self.settings_names:
            if name in self.instance.options:
                self.initial.setdefault(name, self.instance.options[name])

    def clean(self) -> dict[str, Any]:
        """Check the settings with the kind and put them on the instance."""
        cleaned = super().clean() or {}
        given = {name: cleaned[name] for name in self.settings_names if cleaned.get(name) is not None}
        for name in [name for name in self.instance.credentials if cleaned.get(f"forget_{name}")]:
            self.instance.credentials.pop(name)
        if self.errors:
            return cleaned
        try:
            targets.assign(self.instance, given)
        except ConfigError as error:
            for name, text in error.errors.items():
                self.add_error(name if name in self.fields else None, worded(text))
        except UnsealingError:
            self.add_error(None, UNOPENED)
        return cleaned


def form_class(kind: str, target: Target | None) -> type[TargetForm]:
    """The form for targets of a kind, knowing which credentials `target` already has."""
    destination = targets.destination(kind)
    stored = target.credentials if target else {}
    fields: dict[str, Any] = {}
    for field in destination.fields:
        fields[field.name] = form_field(field, is_stored=field.name in stored)
        if field.credential and field.name in stored and not field.required:
            fields[f"forget_{field.name}"] = forms.BooleanField(
                label=_("Remove the stored %(name)s") % {"name": worded(field.label)}, required=False
            )
    names = tuple(field.name for field in destination.fields)
    return type("TargetForm", (TargetForm,), {**fields, "kind": kind, "settings_names": names})
