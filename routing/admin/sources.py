"""Sentry connections and their projects in the admin."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.history import ConfigurationAdmin
from routing.admin.rhythms import ShowsRhythm
from routing.admin.trials import TryingSource, may_try
from routing.admin.wording import UNOPENED
from routing.codes import words
from routing.fields import UnsealingError
from routing.models import ClientSecret, HookKey, Project, Source, Target
from routing.services.setup import sources
from routing.templatetags.showing import moment

ISSUE_ACTIONS = ("created", "unresolved", "archived", "ignored")
GUIDE = "routing/guides/sentry.html"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SourceForm(forms.ModelForm):
    """A connection, with a place to paste a further client secret."""

    issue_actions = forms.MultipleChoiceField(
        label=_("Issue changes to route"),
        choices=[(action, action) for action in ISSUE_ACTIONS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Beside resolved. created and unresolved announce, archived and ignored end a problem."),
    )
    new_client_secret = forms.CharField(
        label=_("Add a client secret"),
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "size": 70}),
        help_text=_("From the integration in Sentry. Older secrets stay valid until you retire them."),
    )

    class Meta:
        model = Source
        fields = (
            "name",
            "title",
            "accept_unsigned",
            "issue_actions",
            "default_targets",
            "silence_after_minutes",
        )


class ProjectInline(admin.TabularInline):
    """The projects of a connection, for looking."""

    model = Project
    fields = ("slug", "title", "sentry_id")
    readonly_fields = ("slug", "title", "sentry_id")
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True


@admin.register(Source)
class SourceAdmin(ShowsRhythm, TryingSource, ConfigurationAdmin):
    """Connections: hook URLs for copying, secrets written only, refused calls in sight."""

    form = SourceForm
    list_display = ("name", "title", "signed", "last_alert", "refused", "project_count")
    search_fields = ("name", "title")
    ordering = ("name",)
    readonly_fields = ("hook_urls", "secrets", "refused", "rhythm")
    inlines = (ProjectInline,)
    change_form_template = "admin/routing/source/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "title")}),
        (_("How Sentry reaches us"), {"fields": ("hook_urls", "secrets", "new_client_secret", "accept_unsigned", "refused")}),
        (_("What is routed"), {"fields": ("issue_actions", "default_targets", "silence_after_minutes", "rhythm")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("projects", "client_secrets")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form beside its guide."""
        shown = {"guide_template": GUIDE, "may_try": may_try(request, context.get("original"))}
        return super().render_change_form(request, {**context, **shown}, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Source, form: SourceForm, change: bool) -> None:
        """Save, give a new connection its first hook key, add a pasted secret, retire what was ticked."""
        super().save_model(request, obj, form, change)
        if not obj.hook_keys.exists() and obj.name != "hook":
            sources.add_hook_key(obj)
        if "_add_hook_key" in request.POST:
            sources.add_hook_key(obj)
        if text := form.cleaned_data.get("new_client_secret"):
            sources.add_client_secret(obj, text)
        active: list[HookKey | ClientSecret] = [*obj.hook_keys.filter(retired_at=None)]
        active += obj.client_secrets.filter(retired_at=None)
        for item in active:
            if f"_retire_{item._meta.model_name}_{item.pk}" in request.POST:
                sources.retire(item)

    def response_add(self, request: HttpRequest, obj: Source, post_url_continue: Any = None) -> HttpResponse:
        """Stay: the hook URL to copy is the next step."""
        self.message_user(request, _("Saved. Copy the hook URL into Sentry."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:routing_source_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Source) -> HttpResponse:
        """Buttons beside keys and secrets save and stay."""
        if any(name.startswith(("_retire_", "_add_hook_key")) for name in request.POST):
            self.message_user(request, _("Done. The change is in force for the next call."), messages.SUCCESS)
            return HttpResponseRedirect(request.path)
        return super().response_change(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Source | None = None) -> bool:
        """The source of /hook belongs to the product."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.name != "hook")

    @admin.display(description=_("hook URLs"))
    def hook_urls(self, source: Source) -> SafeString | str:
        """Each URL with a copy button, its last use, and a button to retire it."""
        if source.name == "hook":
            return f"{settings.PUBLIC_URL}/hook?feishu=…"
        if not source.pk:
            return str(_("Save first: the URL is made then."))
        rows = format_html_join("", HOOK_ROW, [self._hook_row(key) for key in source.hook_keys.filter(retired_at=None)])
        add = format_html('<p><button name="_add_hook_key" value="1">{}</button></p>', _("Add a further hook URL"))
        return format_html("{}<ul class='keys'>{}</ul>{}", self._loopback_warning(), rows, add)

    def _hook_row(self, key: HookKey) -> tuple[Any, ...]:
        try:
            url = sources.hook_url(key)
        except UnsealingError:
            url = str(UNOPENED)
        used = moment(key.last_used_at) if key.last_used_at else _("not used yet")
        return key.pk, url, key.pk, _("Copied"), _("Copy hook URL"), _("last used"), used, key.pk, _("Retire")

    def _loopback_warning(self) -> SafeString | str:
        if urlsplit(settings.PUBLIC_URL).hostname not in LOOPBACK:
            return ""
        text = _(
            "This is a loopback address: only this machine can reach it. Set PUBLIC_URL to the address that Sentry reaches."
        )
        return format_html('<p class="warning">{}</p>', text)

    @admin.display(description=_("client secrets"))
    def secrets(self, source: Source) -> SafeString | str:
        """How many are active, when each was used, a button to retire each; never the text."""
        active = [secret for secret in source.client_secrets.all() if secret.retired_at is None] if source.pk else []
        if not active:
            return str(_("none yet"))
        return format_html("<ul class='keys'>{}</ul>", format_html_join("", SECRET_ROW, map(self._secret_row, active)))

    def _secret_row(self, secret: ClientSecret) -> tuple[Any, ...]:
        used = moment(secret.last_used_at) if secret.last_used_at else _("not used yet")
        return _("added"), moment(secret.created_at), _("last used"), used, secret.pk, _("Retire")

    @admin.display(description=_("signed"), boolean=True)
    def signed(self, source: Source) -> bool:
        """Whether calls must be signed."""
        return any(secret.retired_at is None for secret in source.client_secrets.all())

    @admin.display(description=_("last webhook"))
    def last_alert(self, source: Source) -> str:
        """When the last one was received."""
        last = source.inbounds.order_by("-id").values_list("received_at", flat=True).first()
        return moment(last)

    @admin.display(description=_("refused calls"))
    def refused(self, source: Source) -> SafeString | str:
        """How many since the last good one, when, why, and where to look."""
        if not source.refused_count or source.refused_at is None:
            return "—"
        url = reverse("admin:routing_quarantinedcall_changelist") + f"?source__id__exact={source.pk}"
        text = _("%(count)s calls refused, last %(at)s: %(reason)s") % {
            "count": source.refused_count,
            "at": moment(source.refused_at),
            "reason": words("refusal", source.refused_reason),
        }
        return format_html('<a href="{}">{}</a>', url, text)

    @admin.display(description=_("projects"))
    def project_count(self, source: Source) -> int:
        """How many projects it has."""
        return len(source.projects.all())


HOOK_ROW = (
    '<li><code id="hook-url-{}">{}</code> <button type="button" data-copy="hook-url-{}" data-done="{}">{}</button> '
    '<span class="quiet">{}: {}</span> <button name="_retire_hookkey_{}" value="1" class="quiet">{}</button></li>'
)
SECRET_ROW = (
    '<li>•••• <span class="quiet">{}: {} · {}: {}</span> '
    '<button name="_retire_clientsecret_{}" value="1" class="quiet">{}</button></li>'
)


@admin.register(Project)
class ProjectAdmin(ShowsRhythm, ConfigurationAdmin):
    """Projects: learned from payloads; default targets may be set for many at once."""

    list_display = ("slug", "title", "source", "sentry_id", "targets")
    list_filter = ("source",)
    search_fields = ("slug", "title", "sentry_id")
    ordering = ("source", "slug")
    list_select_related = ("source",)
    fields = ("source", "slug", "title", "sentry_id", "default_targets", "silence_after_minutes", "rhythm")
    readonly_fields = ("rhythm",)
    actions = ("send_to",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Project]:
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("default_targets")

    @admin.display(description=_("default targets"))
    def targets(self, project: Project) -> str:
        """Names, or that the connection's own apply."""
        return ", ".join(target.name for target in project.default_targets.all()) or str(_("as the connection"))

    @admin.action(description=_("Send these projects to…"), permissions=["change"])
    def send_to(self, request: HttpRequest, queryset: QuerySet[Project]) -> HttpResponse | None:
        """Ask for targets, then make them the default targets of every selected project."""
        if "apply" in request.POST:
            chosen = Target.objects.filter(pk__in=request.POST.getlist("targets"))
            with transaction.atomic():
                for project in queryset:
                    project.default_targets.set(chosen)
                    project.save()
                    self.log_change(request, project, [{"changed": {"fields": ["default_targets"]}}])
            self.message_user(request, _("Done: the next webhook uses it."), messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Send these projects to…"),
            "projects": queryset,
            "targets": Target.objects.all(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/routing/project/send_to.html", context)
