"""Filters of the log that never read the whole log to list their choices."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from routing.codes import ACTIONS, REFUSALS
from routing.models import DeliveryReason, Project
from routing.reasons import ATTEMPT, wording

RESOURCES = ("event_alert", "metric_alert", "issue", "legacy", "activity_alert", "error", "comment", "installation")
LISTED_PROJECTS = 200


class ResourceFilter(admin.SimpleListFilter):
    """By the kind of webhook."""

    title = _("resource")
    parameter_name = "resource"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The usual resources."""
        return [(resource, resource) for resource in RESOURCES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows of one resource."""
        return queryset.filter(resource=self.value()) if self.value() else queryset


class ProjectFilter(admin.SimpleListFilter):
    """By project slug."""

    title = _("project")
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The projects known."""
        slugs = Project.objects.order_by("slug").values_list("slug", flat=True).distinct()[:LISTED_PROJECTS]
        return [(slug, slug) for slug in slugs]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows of one project."""
        return queryset.filter(project_slug=self.value()) if self.value() else queryset


class ReasonFilter(admin.SimpleListFilter):
    """By why a delivery or attempt did not succeed."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every reason, in words."""
        return [(str(code), wording(code).meaning) for code in (*DeliveryReason.values, *ATTEMPT)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows with one reason."""
        return queryset.filter(reason=self.value()) if self.value() else queryset


class RefusalFilter(admin.SimpleListFilter):
    """By why a call was refused."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every reason, in words."""
        return list(REFUSALS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Calls refused for one reason."""
        return queryset.filter(reason=self.value()) if self.value() else queryset


class ActionFilter(admin.SimpleListFilter):
    """By what somebody did."""

    title = _("action")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every action, in words."""
        return list(ACTIONS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Entries of one action."""
        return queryset.filter(action=self.value()) if self.value() else queryset
