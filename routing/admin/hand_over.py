"""The hand-over page: what is still open, closed by hand where Sentry never says so, and a shift as one link."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.admin.filters import ProjectFilter
from routing.admin.reading import LogAdmin, state
from routing.admin.shift import ShiftPage, shift_link
from routing.models import OpenThread, Thread
from routing.selectors.hand_over import last_told
from routing.services.acts.closing import Closing, close_threads
from routing.templatetags.showing import is_web_link

AT_ONCE = 200
"""Threads that one confirmation closes: as many as a person can look through."""
NOTE_LENGTH = 500
SHIFTS = (8, 12, 24)
"""Hours that the page offers as links."""


class AgeFilter(admin.SimpleListFilter):
    """By how long it has been open."""

    title = _("open for")
    parameter_name = "hours"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """A shift, a day, a week."""
        return [("12", _("over 12 hours")), ("24", _("over a day")), ("168", _("over a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """What was opened before that."""
        hours = {"12": 12, "24": 24, "168": 168}.get(self.value() or "")
        return queryset.filter(opened_at__lt=timezone.now() - timedelta(hours=hours)) if hours else queryset


class OpenThreadList(ChangeList):
    """The list, knowing when each target was last told: one query a page."""

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        """The rows of the page, each with `told_at`."""
        super().get_results(request)
        self.model_admin.complete(list(self.result_list))


@admin.register(OpenThread)
class OpenThreadAdmin(ShiftPage, LogAdmin):
    """What is still open, the oldest first."""

    list_display = ("severity", "headline", "project", "place", "age", "told", "sentry")
    list_display_links = None
    list_filter = ("target", ProjectFilter, "last_severity", AgeFilter)
    search_fields = ("title", "=alert_key", "=project_slug")
    ordering = ("opened_at", "id")
    list_select_related = ("target",)
    change_list_template = "admin/routing/openthread/change_list.html"
    actions = ("close",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OpenThread]:
        """What is open."""
        return super().get_queryset(request).filter(is_open=True)

    def complete(self, rows: list[Any]) -> None:
        """Each with when its target was last told."""
        told = last_told([thread.pk for thread in rows])
        for thread in rows:
            thread.told_at = told.get(thread.pk)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with its column of ours."""
        return OpenThreadList

    def has_module_permission(self, request: HttpRequest) -> bool:
        """In the menu of everybody who may see timelines."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """These are the alert timelines, so their permission counts."""
        return bool(request.user.has_perm("routing.view_thread"))

    def has_close_permission(self, request: HttpRequest) -> bool:
        """Closing is a permission of its own."""
        return bool(request.user.has_perm("routing.close_thread"))

    @admin.display(description=_("alert"))
    def headline(self, thread: OpenThread) -> SafeString:
        """What it is about, leading to its timeline."""
        url = reverse("admin:routing_thread_change", args=[thread.pk])
        return format_html('<a href="{}">{}</a>', url, thread.title[:120] or thread.alert_key)

    @admin.display(description=_("project"), ordering="project_slug")
    def project(self, thread: OpenThread) -> str:
        """Project and environment."""
        return " · ".join(filter(None, (thread.project_slug or "UNKNOWN", thread.environment[:40])))

    @admin.display(description=_("target"), ordering="target")
    def place(self, thread: OpenThread) -> str:
        """Who was told."""
        return str(thread.target)[:60]

    @admin.display(description=_("severity"), ordering="last_severity")
    def severity(self, thread: OpenThread) -> SafeString:
        """What the target was last told, coloured."""
        return state(thread.last_severity, thread.get_last_severity_display() or "—")

    @admin.display(description=_("open for"), ordering="opened_at")
    def age(self, thread: OpenThread) -> SafeString | str:
        """How long, with the moment behind it."""
        if thread.opened_at is None:
            return "—"
        at = date_format(timezone.localtime(thread.opened_at), "SHORT_DATETIME_FORMAT")
        return format_html('<span title="{}">{}</span>', at, timesince(thread.opened_at, depth=1))

    @admin.display(description=_("last told"))
    def told(self, thread: Any) -> SafeString | str:
        """When the target last heard of it."""
        if thread.told_at is None:
            return state("dead", _("not told yet"))
        return date_format(timezone.localtime(thread.told_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description="Sentry")
    def sentry(self, thread: OpenThread) -> SafeString | str:
        """Where to go on."""
        if not is_web_link(thread.link):
            return "—"
        label = _("Open %(title)s in Sentry") % {"title": thread.title[:60]}
        return format_html('<a href="{}" rel="noreferrer" aria-label="{}">Sentry</a>', thread.link, label)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list under the links to the last hours, whose times are absolute."""
        now = timezone.now()
        links = [(hours, shift_link(now - timedelta(hours=hours), now)) for hours in SHIFTS]
        return super().changelist_view(request, {**(extra_context or {}), "shifts": links, "title": _("Hand-over")})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """An alert has one page, that of its timeline."""
        return HttpResponseRedirect(reverse("admin:routing_thread_change", args=[object_id]))

    @admin.action(description=_("Close the selected alerts…"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[OpenThread]) -> HttpResponse:
        """Ask first."""
        return self._confirmation(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        """The stock list, closing, and the shift."""
        view = self.admin_site.admin_view
        return [path("close/", view(self.close_view), name="routing_openthread_close"), *super().get_urls()]

    def close_view(self, request: HttpRequest) -> HttpResponse:
        """GET asks about `?thread=…`; POST closes what was confirmed."""
        if not self.has_close_permission(request):
            raise PermissionDenied
        given = request.POST if request.method == "POST" else request.GET
        ids = [int(text) for text in given.getlist("thread") if text.isdecimal() and len(text) < 19]
        chosen = self.get_queryset(request).select_related("target").filter(pk__in=ids)
        if request.method != "POST":
            return self._confirmation(request, chosen)
        tell, note = request.POST.get("tell") == "yes", request.POST.get("note", "").strip()[:NOTE_LENGTH]
        closed = close_threads(chosen[:AT_ONCE], actor=acting_user(request), tell=tell, note=note)
        self._report(request, closed, tell=tell)
        return HttpResponseRedirect(reverse("admin:routing_openthread_changelist"))

    def _confirmation(self, request: HttpRequest, chosen: "QuerySet[Any]") -> HttpResponse:
        threads: list[Thread] = list(chosen.select_related("target")[:AT_ONCE])
        if not threads:
            self.message_user(request, _("None of these is open any more."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:routing_openthread_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Close by hand"),
            "opts": self.opts,
            "threads": threads,
            "is_cut": chosen.count() > AT_ONCE,
            "note_length": NOTE_LENGTH,
        }
        return TemplateResponse(request, "admin/routing/openthread/close.html", context)

    def _report(self, request: HttpRequest, closed: list[Closing], *, tell: bool) -> None:
        self.message_user(request, _("%(count)s closed.") % {"count": len(closed)}, messages.SUCCESS)
        quiet = [str(closing.thread.target) for closing in closed if tell and closing.recovery is None]
        if quiet:
            text = _("Closed without a message, because the target never heard of the problem or takes only Sentry's own calls: %(targets)s.")  # fmt: skip
            self.message_user(request, text % {"targets": ", ".join(sorted(set(quiet)))}, messages.WARNING)
