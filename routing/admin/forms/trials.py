"""What a test alert is to be about."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from integrations.contract import LEVELS
from routing.models import Project, Source
from routing.services.trying import trials
from routing.services.trying.sampling import PROJECT

ONLY, THROUGH_RULES = "only", "rules"


class SourceField(forms.ModelChoiceField):
    """Connections a test alert can come from; one that cannot sign says so."""

    def __init__(self, queryset: QuerySet[Source], **kwargs: Any) -> None:
        shared = {"label": _("Sentry connection"), "empty_label": None, **kwargs}
        super().__init__(queryset, **shared)

    def label_from_instance(self, obj: Any) -> str:
        """Its name, and whether a secret is missing."""
        can = obj.has_secret or obj.accept_unsigned
        return str(obj) if can else _("%(source)s (no active client secret)") % {"source": obj}


class AlertForm(forms.Form):
    """Project, environment and level of the alert."""

    project = forms.CharField(label=_("project"), max_length=100, initial=PROJECT)
    environment = forms.CharField(label=_("environment"), max_length=100, initial="production", required=False)
    level = forms.ChoiceField(label=_("level"), choices=[(level, level) for level in reversed(LEVELS)], initial="error")

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = Project.objects.filter(source=source) if source else Project.objects.all()
        slugs = list(known.order_by("-id").values_list("slug", flat=True)[:200])
        self.known_projects = list(dict.fromkeys(slugs))
        if self.known_projects:
            self.fields["project"].initial = self.known_projects[0]
        self.fields["project"].widget.attrs.update(list="known-projects", size="40")


class TargetTrialForm(AlertForm):
    """Straight to the target, or through the rules."""

    field_order = ("way", "source", "project", "environment", "level")
    way = forms.ChoiceField(
        label=_("how"),
        choices=[
            (ONLY, _("Only this target: no webhook, no rules")),
            (THROUGH_RULES, _("A webhook through the rules, to see whether it comes to this target")),
        ],
        widget=forms.RadioSelect,
        initial=ONLY,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        help_text = _("This and the fields below: only for a webhook through the rules.")
        self.fields["source"] = SourceField(trials.sources_to_test(), required=False, help_text=help_text)
        self.fields["project"].required = False
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Through the rules a connection and a project are needed."""
        cleaned = super().clean() or {}
        if cleaned.get("way") == THROUGH_RULES:
            for name in ("source", "project"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Needed for a webhook through the rules."))
        return cleaned


class RuleTrialForm(forms.Form):
    """The connection that the alert comes from; the rest follows from the rule."""

    def __init__(self, *args: Any, rule: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"] = SourceField(trials.sources_to_test(rule))
