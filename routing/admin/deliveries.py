"""Deliveries and alert timelines in the admin."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.admin.acts_on_many import ActsOnMany
from routing.admin.filters import KindFilter, ProjectFilter, ReasonFilter, TitlesFilter, is_whole_log
from routing.admin.previews import DeliveryPreviewing
from routing.admin.reading import LogAdmin, named, state
from routing.codes import words
from routing.models import Attempt, BulkAct, Delivery, DeliveryStatus, MessageType, Severity, Thread
from routing.reasons import wording
from routing.selectors.searching import search, threads_about
from routing.selectors.stories import LISTED, delivery_lines
from routing.services.acts import resending
from routing.templatetags.showing import coded


@admin.register(Delivery)
class DeliveryAdmin(DeliveryPreviewing, ActsOnMany, LogAdmin):
    """The delivery log: one row an alert and target."""

    list_display = ("number", "created_at", "target_name", "headline", "project_slug", "loudness", "state", "why", "attempt_count", "due_at")  # fmt: skip
    list_display_links = ("number", "headline")
    change_list_template = "admin/routing/log_list.html"
    list_filter = ("status", ProjectFilter, "target", KindFilter, "severity", ReasonFilter, "message_type", "is_test", TitlesFilter, ("created_at", admin.DateFieldListFilter))  # fmt: skip
    search_fields = ("inbound__title",)
    ordering = ("-id",)
    list_select_related = ("inbound",)
    actions = ("resend", "cancel")
    acts_on_many = (BulkAct.RESEND, BulkAct.RESEND_NOW, BulkAct.CANCEL)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """Without the webhook's heavy columns."""
        heavy = ("inbound__alert", "inbound__decision", "inbound__traceback")
        return super().get_queryset(request).select_related("inbound").defer(*heavy)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By whatever was pasted."""
        return search(queryset, search_term, column="inbound_id", everywhere=is_whole_log(request)), False

    @admin.display(description="#", ordering="id")
    def number(self, delivery: Delivery) -> str:
        """The number."""
        return f"#{delivery.pk}"

    @admin.display(description=_("title"))
    def headline(self, delivery: Delivery) -> str:
        """What it is about."""
        title = delivery.inbound.title if delivery.inbound else named(MessageType, delivery.message_type)
        return str(title)[:120] or "—"

    @admin.display(description=_("severity"), ordering="severity")
    def loudness(self, delivery: Delivery) -> SafeString:
        """The severity, coloured."""
        return state(delivery.severity, named(Severity, delivery.severity))

    @admin.display(description=_("status"), ordering="status")
    def state(self, delivery: Delivery) -> SafeString:
        """The status, coloured."""
        return state(delivery.status, named(DeliveryStatus, delivery.status))

    @admin.display(description=_("reason"))
    def why(self, delivery: Delivery) -> SafeString | str:
        """The reason in words, and its code."""
        return coded(delivery.reason, "reason")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one delivery: every attempt with the other side's answer."""
        delivery = get_object_or_404(Delivery.objects.select_related("inbound", "thread"), pk=object_id)
        if not self.has_view_permission(request, delivery):
            raise PermissionDenied
        lines = delivery_lines(Delivery.objects.filter(pk=delivery.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": f"#{delivery.pk} → {delivery.target_name}",
            "opts": self.opts,
            "delivery": delivery,
            "lines": lines,
            "may_resend": self.has_resend_permission(request),
            "may_cancel": self.has_cancel_permission(request),
        }
        return TemplateResponse(request, "admin/routing/delivery/page.html", context)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Resending is a permission of its own."""
        return bool(request.user.has_perm("routing.resend_delivery"))

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Cancelling is a permission of its own."""
        return bool(request.user.has_perm("routing.cancel_delivery"))

    @admin.action(description=_("Resend the selected deliveries…"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        """The plan first."""
        return self.to_plan(request, BulkAct.RESEND, queryset)

    @admin.action(description=_("Cancel the selected deliveries that wait…"), permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse:
        """The plan first; what is being sent goes on."""
        return self.to_plan(request, BulkAct.CANCEL, queryset)

    def get_urls(self) -> list[URLPattern]:
        """The stock list and the button of the page."""
        resend = path(
            "<int:delivery_id>/resend/", self.admin_site.admin_view(self.resend_view), name="routing_delivery_resend"
        )
        return [resend, *super().get_urls()]

    def resend_view(self, request: HttpRequest, delivery_id: int) -> HttpResponse:
        """Resend one delivery (POST only) and show the new one."""
        delivery = get_object_or_404(Delivery, pk=delivery_id)
        if request.method != "POST" or not self.has_resend_permission(request):
            raise PermissionDenied
        if delivery.finished_at is None:
            self.message_user(request, _("It is still on its way: nothing to resend."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:routing_delivery_change", args=[delivery.pk]))
        try:
            shown = resending.resend(delivery, actor=acting_user(request))
            self.message_user(request, _("On its way again."), messages.SUCCESS)
        except resending.NotResendable:
            shown = delivery
            text = _("Only a delivery that has ended, and whose target still exists, can be sent again.")
            self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:routing_delivery_change", args=[shown.pk]))


@admin.register(Thread)
class ThreadAdmin(LogAdmin):
    """What each target was told of each problem, and what is still open."""

    list_display = (
        "id",
        "title",
        "target",
        "project_slug",
        "environment",
        "is_open",
        "last_severity",
        "opened_at",
        "age",
    )
    list_filter = ("is_open", "target", ProjectFilter)
    search_fields = ("alert_key", "title")
    ordering = ("-opened_at",)
    list_select_related = ("target",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By whatever was pasted."""
        return threads_about(queryset, search_term), False

    @admin.display(description=_("open for"))
    def age(self, thread: Thread) -> str:
        """Hours and minutes since it opened."""
        if not thread.is_open or thread.opened_at is None:
            return "—"
        minutes = int((timezone.now() - thread.opened_at).total_seconds() // 60)
        return f"{minutes // 60}:{minutes % 60:02}"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one timeline: what this target was told, in order."""
        thread = get_object_or_404(Thread.objects.select_related("target"), pk=object_id)
        if not self.has_view_permission(request, thread):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": thread.title or thread.alert_key,
            "opts": self.opts,
            "thread": thread,
            "lines": (lines := delivery_lines(Delivery.objects.filter(thread=thread))),
            "is_cut": len(lines) == LISTED,
            "may_resend": request.user.has_perm("routing.resend_delivery"),
        }
        return TemplateResponse(request, "admin/routing/thread/page.html", context)


@admin.register(Attempt)
class AttemptAdmin(LogAdmin):
    """Single attempts, for searching by the vendor's code."""

    list_display = ("id", "delivery", "number", "started_at", "duration_ms", "http_status", "provider_code", "result", "why")  # fmt: skip
    list_filter = (ReasonFilter,)
    search_fields = ("provider_code",)
    ordering = ("-id",)
    list_select_related = ("delivery",)
    fields = ("delivery", "number", "started_at", "duration_ms", "http_status", "provider_code", "result", "why", "advice", "request", "response")  # fmt: skip

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By the vendor's whole code."""
        return (queryset.filter(provider_code=search_term.strip()) if search_term.strip() else queryset), False

    @admin.display(description=_("outcome"), ordering="outcome")
    def result(self, attempt: Attempt) -> SafeString:
        """The outcome, coloured."""
        return state(attempt.outcome, words("outcome", attempt.outcome))

    @admin.display(description=_("reason"))
    def why(self, attempt: Attempt) -> SafeString | str:
        """The reason in words, and its code."""
        return coded(attempt.reason, "reason") or "—"

    @admin.display(description=_("what to do"))
    def advice(self, attempt: Attempt) -> str:
        """What to do about it."""
        return str(wording(attempt.reason).advice) or "—"
