"""Targets in the admin: one form drawn from the kind, health at a glance, a test through the real path."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from integrations.registry import DESTINATIONS
from routing.admin.forms.targets import form_class
from routing.admin.history import ConfigurationAdmin
from routing.admin.previews import TargetPreviewing
from routing.admin.trials import TryingTarget, may_try
from routing.admin.waits import waiting_list
from routing.admin.wording import worded
from routing.models import FeishuBot, FlashdutyTarget, Target
from routing.reasons import wording
from routing.selectors.waits import line_of
from routing.services.setup import targets
from routing.templatetags.showing import kind_name


@admin.register(Target)
class TargetAdmin(TryingTarget, TargetPreviewing, ConfigurationAdmin):
    """Every target. Adding asks for the kind first."""

    list_display: tuple[str, ...] = ("name", "title", "kind_name", "enabled", "health", "last_success_at", "uses")
    list_filter: tuple[str, ...] = ("kind", "enabled")
    search_fields = ("name", "title")
    ordering = ("name",)
    list_select_related = ("fallback",)
    readonly_fields = ("health", "waiting", "uses", "last_success_at", "last_failure_at")
    actions = ("enable", "disable")
    change_form_template = "admin/routing/target/change_form.html"
    fixed_kind = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        """Targets of the fixed kind, credentials left sealed."""
        queryset = super().get_queryset(request)
        if self.fixed_kind:
            queryset = queryset.filter(kind=self.fixed_kind)
        return queryset.prefetch_related("rules", "default_of_sources", "default_of_projects", "fallback_for")

    def kind_of(self, request: HttpRequest, obj: Target | None) -> str:
        """The kind of the target, or of the one to be added."""
        return obj.kind if obj else self.fixed_kind or request.GET.get("kind", "")

    def get_form(self, request: HttpRequest, obj: Target | None = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of the kind."""
        return super().get_form(request, obj, change, **{**kwargs, "form": form_class(self.kind_of(request, obj), obj)})

    def get_fieldsets(self, request: HttpRequest, obj: Target | None = None) -> Any:
        """What it is, how to reach it, what happens when it cannot be reached."""
        form = form_class(self.kind_of(request, obj), obj)
        settings_fields = [name for name in form.base_fields if name not in form.Meta.fields]
        sections = [
            (None, {"fields": ["name", "title", "enabled"]}),
            (_("Connection"), {"fields": settings_fields}),
            (_("When it cannot be told in time"), {"fields": ["fallback", "fallback_after_minutes", "is_operations"]}),
        ]
        if obj:
            sections.append(
                (_("State"), {"fields": ["health", "waiting", "uses", "last_success_at", "last_failure_at"]})
            )
        return sections

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for the kind, then show its form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if self.kind_of(request, None) not in DESTINATIONS:
            kinds = [(kind, worded(destination.label)) for kind, destination in DESTINATIONS.items()]
            context = {**self.admin_site.each_context(request), "kinds": kinds, "title": _("Which kind of target?")}
            return TemplateResponse(request, "admin/routing/target/choose_kind.html", context)
        return super().add_view(request, form_url, self._guide(request, None, extra_context))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form, beside the guide of its kind."""
        target = self.get_object(request, object_id)
        return super().change_view(request, object_id, form_url, self._guide(request, target, extra_context))

    def _guide(self, request: HttpRequest, target: Any, extra_context: Any) -> dict[str, Any]:
        kind = self.kind_of(request, target)
        return {
            **(extra_context or {}),
            "guide_template": f"routing/guides/{kind}.html",
            "target_kind": kind,
            "may_try": may_try(request, target),
            "preview_url": self.preview_url(kind, target),
        }

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """All kinds share one history, that of Target."""
        if self.fixed_kind:
            return HttpResponseRedirect(reverse("admin:routing_target_history", args=[object_id]))
        return cast("HttpResponse", super().history_view(request, object_id, extra_context))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """As above."""
        if self.fixed_kind:
            return HttpResponseRedirect(reverse("admin:routing_target_simple_history", args=[object_id, version_id]))
        return super().history_form_view(request, object_id, version_id, extra_context)

    def save_model(self, request: HttpRequest, obj: Target, form: forms.ModelForm, change: bool) -> None:
        """Save as Target whatever the menu entry was, so that all kinds share one history."""
        obj.__class__ = Target
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Target) -> None:
        """Delete through the service, which refuses what is in use."""
        targets.delete(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Target | None = None) -> bool:
        """Only what nothing uses can be deleted; the page shows what does."""
        return super().has_delete_permission(request, obj) and (obj is None or not targets.used_by(obj))

    @admin.display(description=_("kind"), ordering="kind")
    def kind_name(self, target: Target) -> str:
        """What people call its kind."""
        return kind_name(target.kind)

    @admin.display(description=_("health"))
    def health(self, target: Target) -> str:
        """One word, and why."""
        if not target.enabled:
            return str(_("off"))
        if target.broken_since:
            return _("needs a person: %(reason)s") % {"reason": wording(target.last_failure_reason).meaning}
        if target.consecutive_failures:
            failing = {"count": target.consecutive_failures, "reason": wording(target.last_failure_reason).meaning}
            return _("failing (%(count)s in a row): %(reason)s") % failing
        return str(_("well")) if target.last_success_at else str(_("not used yet"))

    @admin.display(description=_("waiting"))
    def waiting(self, target: Target) -> SafeString | str:
        """How many wait, for what, until when; each a link to the log."""
        line = line_of(target, timezone.now())
        return waiting_list(line) if line.count else str(_("nothing"))

    @admin.display(description=_("used by"))
    def uses(self, target: Target) -> str:
        """The names of what refers to it."""
        return ", ".join(name for names in targets.used_by(target).values() for name in names) or "—"

    @admin.action(description=_("Enable the selected targets"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Target]) -> None:
        """Switch on, with history."""
        self._switch(request, queryset, enabled=True)

    @admin.action(description=_("Disable the selected targets (what waits pauses)"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Target]) -> None:
        """Switch off, with history."""
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Target], *, enabled: bool) -> None:
        for target in Target.objects.filter(pk__in=queryset.values("pk")):
            target.enabled = enabled
            target.save()
            self.log_change(request, target, [{"changed": {"fields": ["enabled"]}}])
        self.message_user(request, _("Done."), messages.SUCCESS)

    def response_add(self, request: HttpRequest, obj: Target, post_url_continue: Any = None) -> HttpResponse:
        """After adding, stay on the target: its test button is the next step."""
        if IS_POPUP_VAR in request.POST or "_addanother" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("Saved. Now send a test alert."), messages.SUCCESS)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        )


@admin.register(FeishuBot)
class FeishuBotAdmin(TargetAdmin):
    """Feishu bots."""

    fixed_kind = "feishu"
    list_display = ("name", "title", "enabled", "health", "last_success_at", "uses")
    list_filter = ("enabled",)


@admin.register(FlashdutyTarget)
class FlashdutyTargetAdmin(TargetAdmin):
    """Flashduty targets."""

    fixed_kind = "flashduty"
    list_display = ("name", "title", "enabled", "health", "last_success_at", "uses")
    list_filter = ("enabled",)
