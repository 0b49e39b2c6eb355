"""Filters of the log that never read the whole log to list their choices."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from integrations.registry import DESTINATIONS
from routing.codes import ACTIONS, REFUSALS
from routing.models import DeliveryReason, Project, Target
from routing.reasons import ATTEMPT, wording
from routing.selectors.searching import NEWEST
from routing.templatetags.showing import kind_name

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


class TitlesFilter(admin.SimpleListFilter):
    """How far back a title is looked for: the choice of the search box, kept among the filters."""

    title = _("titles searched")
    parameter_name = "titles"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The whole log; without it, the newest webhooks."""
        return [("all", _("in the whole log (slow)"))]

    def choices(self, changelist: Any) -> Any:
        """The usual one is named, too."""
        usual, *others = super().choices(changelist)
        yield {**usual, "display": _("among the newest %(count)s") % {"count": f"{NEWEST:,}"}}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Nothing by itself: the search asks `is_whole_log`."""
        return queryset


def is_whole_log(request: HttpRequest) -> bool:
    """True when titles of any age are searched."""
    return request.GET.get(TitlesFilter.parameter_name) == "all"


class KindFilter(admin.SimpleListFilter):
    """By the kind of target."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every kind there is, by the name that people call it."""
        return [(kind, kind_name(kind)) for kind in DESTINATIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows of the targets of one kind."""
        if not self.value():
            return queryset
        return queryset.filter(target__in=list(Target.objects.filter(kind=self.value()).values_list("pk", flat=True)))


class RepeatedFilter(admin.SimpleListFilter):
    """By whether a webhook came more than once."""

    title = _("duplicates")
    parameter_name = "repeated"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Those that did."""
        return [("1", _("came more than once"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Rows with duplicates."""
        return queryset.filter(duplicate_count__gt=0) if self.value() else queryset


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
        return [(str(code), wording(code).meaning) for code in dict.fromkeys((*DeliveryReason.values, *ATTEMPT))]

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
