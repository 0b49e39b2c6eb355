"""Routing rules, the severity mapping and silences in the admin."""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.changes import conditions as conditions_in_words
from routing.admin.forms.conditions import ConditionsField
from routing.admin.forms.severity import OverlayField
from routing.admin.forms.windows import WindowField
from routing.admin.history import ConfigurationAdmin
from routing.admin.muting import MutePage
from routing.admin.previews import RulePreviewing, levels
from routing.admin.trials import TryingRule, may_try
from routing.admin.whatif import RuleAsking, SilenceAsking
from routing.models import Inbound, Project, Rule, SeverityMapping, Silence
from routing.selectors.sick_rules import sick_rules
from routing.services.setup import ordering
from routing.services.silences.likeness import conditions_like

SICK: ContextVar[Mapping[int, str]] = ContextVar("sick", default=MappingProxyType({}))
"""What is wrong with which rule, for the columns of the list that is being drawn."""


class RuleForm(forms.ModelForm):
    """A rule; the project may be one never seen."""

    when = ConditionsField(label=_("Conditions"))
    severity = OverlayField(label=_("Severities of this rule"))
    active = WindowField(
        label=_("Active hours"), help_text=_("Outside of them the rule is skipped. Empty: always active.")
    )

    class Meta:
        model = Rule
        fields = (
            "name", "enabled", "source", "project", "when", "targets", "continues", "repeat_minutes", "severity", "active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = Project.objects.order_by("slug").values_list("slug", flat=True).distinct()[:500]
        if "project" in self.fields:  # who may only look gets no inputs
            self.fields["project"].widget = forms.TextInput({"list": "known-projects", "size": 40})
        self.known_projects = list(slugs)


@admin.register(Rule)
class RuleAdmin(TryingRule, RulePreviewing, RuleAsking, ConfigurationAdmin):
    """Rules in their order; the arrows move them."""

    form = RuleForm
    list_display = ("order", "name", "enabled", "scope", "conditions", "goes_to", "continues")
    list_display_links = ("name",)
    list_filter = ("enabled", "source", "targets")
    search_fields = ("name", "project")
    ordering = ("position", "id")
    list_select_related = ("source",)
    sortable_by = ()
    change_form_template = "admin/routing/rule/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "enabled")}),
        (_("Which alerts"), {"fields": ("source", "project", "when", "active")}),
        (_("Who is told, and how loudly"), {"fields": ("targets", "severity", "repeat_minutes", "continues")}),
    )

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Rule]":
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("targets")

    def save_model(self, request: HttpRequest, obj: Rule, form: RuleForm, change: bool) -> None:
        """A new rule goes to the end of the line."""
        if not change:
            obj.position = ordering.next_position()
        super().save_model(request, obj, form, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the button that sends a test alert, and the preview."""
        rule = context.get("original")
        shown = {
            **context,
            "may_try": may_try(request, rule),
            "preview_url": self.preview_url(rule),
            "preview_levels": levels(),
        }
        return super().render_change_form(request, shown, *args, **kwargs)

    @admin.display(description=_("order"))
    def order(self, rule: Rule) -> SafeString:
        """Buttons that move the rule (submitted by the list's own form)."""
        url = reverse("admin:routing_rule_move", args=[rule.pk])
        return format_html(MOVE, url, _("up"), rule.name, url, _("down"), rule.name)

    @admin.display(description=_("for"))
    def scope(self, rule: Rule) -> str:
        """Connection and project."""
        return " / ".join(part for part in (rule.source.name if rule.source else "", rule.project) if part) or "*"

    @admin.display(description=_("conditions"))
    def conditions(self, rule: Rule) -> SafeString | str:
        """The conditions in words, with a red mark where they cannot work right now."""
        wrong = SICK.get().get(rule.pk, "")
        if not wrong:
            return conditions_in_words(rule.when)
        return format_html('<span class="state dead">{}</span> {}', wrong, conditions_in_words(rule.when))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, knowing which rules are sick."""
        SICK.set(sick_rules(timezone.now()))
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("targets"))
    def goes_to(self, rule: Rule) -> str:
        """The targets' names."""
        return ", ".join(target.name for target in rule.targets.all()) or "—"

    def get_urls(self) -> list[URLPattern]:
        """The stock pages and the arrows."""
        move = path("<int:rule_id>/move/", self.admin_site.admin_view(self.move_view), name="routing_rule_move")
        return [move, *super().get_urls()]

    def move_view(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Move a rule one place up or down (POST only)."""
        rule = get_object_or_404(Rule, pk=rule_id)
        if request.method != "POST" or not self.has_change_permission(request, rule):
            raise PermissionDenied
        ordering.move(rule, up=request.POST.get("direction") == "up")
        self.log_change(request, rule, [{"changed": {"fields": ["position"]}}])
        self.message_user(request, _("Moved. The next webhook follows the new order."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:routing_rule_changelist"))


MOVE = (
    '<button type="submit" formaction="{}" name="direction" value="up" title="{}" aria-label="↑ {}">↑</button>'
    '<button type="submit" formaction="{}" name="direction" value="down" title="{}" aria-label="↓ {}">↓</button>'
)


@admin.register(SeverityMapping)
class SeverityMappingAdmin(ConfigurationAdmin):
    """The default mapping."""

    list_display = ("sentry_status", "level", "severity")
    ordering = ("sentry_status", "level")
    fields = ("sentry_status", "level", "severity")


def _number(text: Any, default: int) -> int:
    return int(text) if str(text).isdecimal() and len(str(text)) < 19 else default


class SilenceForm(forms.ModelForm):
    """A silence: from–to, or weekly."""

    when = ConditionsField(label=_("Conditions"))
    weekly = WindowField(label=_("Weekly window"), help_text=_("Instead of from and to."))

    class Meta:
        model = Silence
        fields = ("name", "when", "starts_at", "ends_at", "weekly", "reason", "summary")


@admin.register(Silence)
class SilenceAdmin(MutePage, SilenceAsking, ConfigurationAdmin):
    """Silences; expired ones are kept."""

    form = SilenceForm
    list_display = ("name", "state", "starts_at", "ends_at", "conditions", "reason", "author")
    search_fields = ("name", "reason")
    ordering = ("-id",)
    list_select_related = ("author",)
    change_form_template = "admin/routing/silence/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "reason")}),
        (_("Which alerts"), {"fields": ("when",)}),
        (_("When"), {"fields": ("starts_at", "ends_at", "weekly", "summary")}),
    )
    actions = ("end_now",)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From the page of an alert: the same problem, for the next hour."""
        initial = super().get_changeform_initial_data(request)
        inbound = Inbound.objects.filter(pk=_number(initial.pop("inbound", 0), 0)).first()
        now = timezone.localtime().replace(second=0, microsecond=0)
        hours = min(max(_number(initial.pop("hours", 1), 1), 1), 24 * 30)
        initial.update(starts_at=now, ends_at=now + timedelta(hours=hours))
        if inbound:
            initial.update(name=f"alert {inbound.pk} {now:%m-%d %H:%M}", when=conditions_like(inbound))
        return initial

    def save_model(self, request: HttpRequest, obj: Silence, form: SilenceForm, change: bool) -> None:
        """Remember who made it."""
        if not change:
            obj.author_id = request.user.pk
        super().save_model(request, obj, form, change)

    @admin.display(description=_("state"))
    def state(self, silence: Silence) -> str:
        """Active, to come, expired, or weekly."""
        if silence.starts_at is None or silence.ends_at is None:
            return str(_("weekly"))
        now = timezone.now()
        if now < silence.starts_at:
            return str(_("to come"))
        return str(_("active")) if now < silence.ends_at else str(_("expired"))

    @admin.display(description=_("conditions"))
    def conditions(self, silence: Silence) -> str:
        """The conditions in words."""
        return conditions_in_words(silence.when)

    @admin.action(description=_("End the selected silences now"), permissions=["change"])
    def end_now(self, request: HttpRequest, queryset: "models.QuerySet[Silence]") -> None:
        """End what is active; the summaries follow."""
        now = timezone.now()
        for silence in queryset.filter(starts_at__lt=now, ends_at__gt=now):
            silence.ends_at = now
            silence.save()
            self.log_change(request, silence, [{"changed": {"fields": ["ends_at"]}}])
        self.message_user(request, _("Done. What was held back and is unresolved is summed up now."), messages.SUCCESS)
