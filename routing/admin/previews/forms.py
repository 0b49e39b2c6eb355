"""Previews beside the forms of targets and rules: what is in the form now, saved or not. POST only, nothing is saved."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode

from integrations.contract import DROP, LEVELS, Severity
from integrations.registry import DESTINATIONS
from routing.admin.forms.targets import TargetForm, form_class
from routing.admin.previews.pages import PREFIX, Previewing, chosen_severity, wants_simple
from routing.admin.whatif import item_of
from routing.admin.wording import worded
from routing.models import Rule, Source, Target
from routing.services.configuration.policy_view import Names, rule_spec
from routing.services.previews.messages import sample_message
from routing.services.previews.rendering import preview, settings_of
from routing.services.previews.rules import preview_rule


class TargetPreviewing(Previewing):
    """Beside the form of a target: a sample by the settings in the form, saved or not."""

    def get_urls(self) -> list[URLPattern]:
        """The pages before the stock ones."""
        view, stock = self.admin_site.admin_view(self.preview_view), super().get_urls()  # type: ignore[misc]
        name = f"{self.opts.app_label}_{self.opts.model_name}_preview"
        return [
            path("preview/", view, name=name),
            path("<int:target_id>/preview/", view, name=f"{name}_edited"),
            *stock,
        ]

    def preview_url(self, kind: str, target: Target | None) -> str:
        """Where the form is posted to for its preview."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_preview"
        return reverse(f"{name}_edited", args=[target.pk]) if target else f"{reverse(name)}?{urlencode({'kind': kind})}"

    def preview_view(self, request: HttpRequest, target_id: int | None = None) -> HttpResponse:
        """A sample alert as the form stands (POST only); nothing is saved, and no secret is shown."""
        admin_of: Any = self
        target = get_object_or_404(Target, pk=target_id) if target_id else None
        may = admin_of.has_change_permission(request, target) if target else admin_of.has_add_permission(request)
        if request.method != "POST" or not may:
            raise PermissionDenied
        kind = target.kind if target else admin_of.kind_of(request, None)
        if kind not in DESTINATIONS:
            raise Http404
        form = form_class(kind, target)(request.POST, instance=target)
        severity = chosen_severity(request.POST, Severity.WARNING)
        settings, errors = _of_form(form, kind, settings_of(target) if target else {})
        made = preview(
            sample_message(severity), kind, settings, now=timezone.now(), is_simple=wants_simple(request.POST)
        )
        title = request.POST.get("title") or request.POST.get("name") or worded(DESTINATIONS[kind].label)
        shown = self.shown(title[:200], severity, made)
        return self.preview_page(request, shown=[shown._replace(errors=[*errors, *shown.errors])])


class RulePreviewing(Previewing):
    """Beside the form of a rule: an alert made for it, in the severity that it gives, for each of its targets."""

    def get_urls(self) -> list[URLPattern]:
        """The pages before the stock ones."""
        view, stock = self.admin_site.admin_view(self.preview_view), super().get_urls()  # type: ignore[misc]
        return [
            path("preview/", view, name="routing_rule_preview"),
            path("<int:rule_id>/preview/", view, name="routing_rule_preview_edited"),
            *stock,
        ]

    def preview_url(self, rule: Rule | None) -> str:
        """Where the form is posted to for its preview."""
        name = "admin:routing_rule_preview"
        return reverse(f"{name}_edited", args=[rule.pk]) if rule else reverse(name)

    def preview_view(self, request: HttpRequest, rule_id: int | None = None) -> HttpResponse:
        """The rule as the form stands (POST only); nothing is saved."""
        admin_of: Any = self
        form = admin_of.checked(request, rule_id and get_object_or_404(Rule, pk=rule_id))
        if form.errors:
            labels = {name: str(field.label or "") for name, field in form.fields.items()}
            wrong = [(labels.get(name, ""), text) for name, texts in form.errors.items() for text in texts]
            return self.preview_page(request, wrong=wrong)
        told = list(form.cleaned_data["targets"])
        made = preview_rule(
            rule_spec(0, item_of(form.cleaned_data), Names({target.name: target.pk for target in told})),
            [target for target in told if target.kind in DESTINATIONS],
            source=_source_of(form.cleaned_data["source"]),
            now=timezone.now(),
            level=request.POST.get(f"{PREFIX}level", ""),
            is_simple=wants_simple(request.POST),
        )
        shown = [self.shown(str(target), made.severity, one) for target, one in made.targets]
        return self.preview_page(
            request, shown=shown, made=made, is_dropped=made.severity == DROP, tells_nobody=not told
        )


def levels() -> list[str]:
    """The levels that a rule's preview offers, loudest first."""
    return list(reversed(LEVELS))


def _of_form(form: TargetForm, kind: str, stored: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The settings in the form, credentials as typed or stored, and what is wrong with the others."""
    form.is_valid()
    settings: dict[str, Any] = {}
    errors: list[tuple[str, str]] = []
    for field in DESTINATIONS[kind].fields:
        if field.credential:
            settings[field.name] = form.data.get(field.name, "").strip() or stored.get(field.name)
        elif field.name in form.errors:
            errors += [(worded(field.label), str(text)) for text in form.errors[field.name]]
        else:
            settings[field.name] = form.cleaned_data.get(field.name)
    return settings, errors


def _source_of(source: Source | None) -> str:
    if source is not None:
        return source.name
    return Source.objects.order_by("pk").values_list("name", flat=True).first() or "preview"
