"""API tokens and the audit trail in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.admin.filters import ActionFilter
from routing.admin.forms.moments import LABELLED_MOMENTS
from routing.admin.tables import TableOfList
from routing.models import ApiToken, AuditEntry
from routing.services.setup import tokens
from routing.templatetags.showing import coded, model_name


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens: shown once when made, removed to revoke."""

    list_display = ("name", "role", "prefix", "created_at", "expires_at", "last_used_at")
    search_fields = ("name",)
    ordering = ("name",)
    fields = ("name", "role", "expires_at")
    formfield_overrides = LABELLED_MOMENTS

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is made or removed, never changed."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token and show its text, once."""
        actor = acting_user(request)
        token, text = tokens.issue(name=obj.name, role=obj.role, expires_at=obj.expires_at, actor=actor)
        obj.pk = token.pk
        self.message_user(
            request, _("Copy the token now, it is not shown again: %(token)s") % {"token": text}, messages.WARNING
        )


@admin.register(AuditEntry)
class AuditEntryAdmin(TableOfList, admin.ModelAdmin):
    """Who did what; read-only."""

    change_list_template = "admin/routing/list.html"
    list_display = ("at", "actor", "what", "thing", "object_name")
    list_filter = (ActionFilter,)
    fields = ("at", "actor", "what", "thing", "object_name", "detail")
    search_fields = ("actor", "object_name")
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description=_("action"), ordering="action")
    def what(self, entry: AuditEntry) -> SafeString | str:
        """What was done, and its code."""
        return coded(entry.action, "action")

    @admin.display(description=_("object type"), ordering="object_type")
    def thing(self, entry: AuditEntry) -> str:
        """What it was done to."""
        return model_name(entry.object_type) or "—"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody removes it."""
        return False
