"""Received webhooks and refused calls in the admin."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.admin.acts_on_many import ActsOnMany
from routing.admin.filters import (
    ProjectFilter,
    RefusalFilter,
    RepeatedFilter,
    ResourceFilter,
    TitlesFilter,
    is_whole_log,
)
from routing.admin.previews import InboundPreviewing
from routing.admin.reading import LogAdmin, named, state
from routing.admin.snippets import RoutingTestPage
from routing.fields import Sealed, UnsealingError
from routing.models import (
    BulkAct,
    Delivery,
    DeliveryStatus,
    Inbound,
    InboundReason,
    InboundStatus,
    QuarantinedCall,
    RulesVersion,
)
from routing.selectors.fates import DECIDABLE
from routing.selectors.searching import search
from routing.selectors.stories import story_of
from routing.services import auditing, replaying
from routing.services.ingest import bodies
from routing.services.snippets import is_testable
from routing.templatetags.showing import coded


@admin.register(Inbound)
class InboundAdmin(InboundPreviewing, ActsOnMany, RoutingTestPage, LogAdmin):
    """The log: one row a webhook, one page that tells decision, deliveries and attempts."""

    list_display = ("number", "received_at", "headline", "project_slug", "what", "state", "why", "went_to")
    list_display_links = ("number", "headline")
    change_list_template = "admin/routing/log_list.html"
    list_filter = (
        "status",
        "reason",
        "source",
        ProjectFilter,
        ResourceFilter,
        "is_test",
        RepeatedFilter,
        TitlesFilter,
        ("received_at", admin.DateFieldListFilter),
    )
    search_fields = ("title",)
    ordering = ("-id",)
    list_select_related = ("source",)
    change_form_template = "admin/routing/inbound/page.html"
    actions = ("reprocess",)
    acts_on_many = (BulkAct.REPROCESS,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inbound]:
        """Without the heavy columns."""
        queryset = super().get_queryset(request).defer("alert", "decision", "traceback")
        states = Delivery.objects.only("inbound_id", "target_name", "status")
        return queryset.prefetch_related(Prefetch("deliveries", states)) if request.resolver_match else queryset

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By whatever was pasted."""
        return search(queryset, search_term, everywhere=is_whole_log(request)), False

    @admin.display(description="#", ordering="id")
    def number(self, inbound: Inbound) -> str:
        """The number, also in the log of deliveries."""
        return f"#{inbound.pk}"

    @admin.display(description=_("title"))
    def headline(self, inbound: Inbound) -> str:
        """What it is about."""
        return inbound.title[:120] or "—"

    @admin.display(description=_("resource"))
    def what(self, inbound: Inbound) -> str:
        """Resource and action, between which a narrow column may break."""
        return format_html("{}.<wbr>{}", inbound.resource, inbound.action) if inbound.action else inbound.resource

    @admin.display(description=_("status"), ordering="status")
    def state(self, inbound: Inbound) -> SafeString:
        """The status, coloured."""
        return state(inbound.status, named(InboundStatus, inbound.status))

    @admin.display(description=_("reason"))
    def why(self, inbound: Inbound) -> str:
        """The reason, and what is special about it."""
        parts = [named(InboundReason, inbound.reason)]
        if inbound.is_test:
            parts.append(str(_("test")))
        if inbound.duplicate_count:
            parts.append(_("+%(count)s duplicates") % {"count": inbound.duplicate_count})
        return ", ".join(part for part in parts if part)

    @admin.display(description=_("went to"))
    def went_to(self, inbound: Inbound) -> SafeString | str:
        """Each target with its state."""
        parts = [
            format_html(
                '{} <span class="state {}">{}</span> ', row.target_name, row.status, named(DeliveryStatus, row.status)
            )
            for row in inbound.deliveries.all()
        ]
        return format_html("{}" * len(parts), *parts) if parts else "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one webhook."""
        inbound = get_object_or_404(Inbound.objects.select_related("source"), pk=object_id)
        if not self.has_view_permission(request, inbound):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": inbound.title or f"{inbound.resource}.{inbound.action}",
            "subtitle": f"#{inbound.pk}",
            "opts": self.opts,
            "inbound": inbound,
            "story": story_of(inbound),
            "may_resend": request.user.has_perm("routing.resend_delivery"),
            "may_reprocess": request.user.has_perm("routing.reprocess_inbound"),
            "may_be_decided_again": inbound.status in DECIDABLE,
            "may_see_body": request.user.has_perm("routing.view_body"),
            "may_silence": request.user.has_perm("routing.add_silence"),
            "is_testable": is_testable(inbound),
        }
        return TemplateResponse(request, "admin/routing/inbound/page.html", context)

    def has_reprocess_permission(self, request: HttpRequest) -> bool:
        """Deciding again is a permission of its own."""
        return bool(request.user.has_perm("routing.reprocess_inbound"))

    @admin.action(description=_("Decide the selected webhooks again…"), permissions=["reprocess"])
    def reprocess(self, request: HttpRequest, queryset: QuerySet[Inbound]) -> HttpResponse:
        """The plan first."""
        return self.to_plan(request, BulkAct.REPROCESS, queryset)

    def get_urls(self) -> list[URLPattern]:
        """The stock list, the raw body, and deciding again from the page."""
        view = self.admin_site.admin_view
        return [
            path("<int:inbound_id>/body/", view(self.body_view), name="routing_inbound_body"),
            path("<int:inbound_id>/reprocess/", view(self.reprocess_view), name="routing_inbound_reprocess"),
            *super().get_urls(),
        ]

    def body_view(self, request: HttpRequest, inbound_id: int) -> HttpResponse:
        """The original body by POST, for those who may see personal data: each look is in the audit trail."""
        inbound = get_object_or_404(Inbound.objects.select_related("body"), pk=inbound_id)
        if not request.user.has_perm("routing.view_body"):
            raise PermissionDenied
        if request.method != "POST":
            context = {
                **self.admin_site.each_context(request),
                "title": _("Original body"),
                "opts": self.opts,
                "inbound": inbound,
            }
            return TemplateResponse(request, "admin/routing/inbound/body.html", context)
        call = bodies.of_inbound(inbound)
        auditing.record(actor=acting_user(request), action="view_body", obj=inbound)
        if call is None:
            return HttpResponse(_("The original body is no longer kept."), "text/plain; charset=utf-8", 410)
        lines = "".join(f"{name}: {value}\n" for name, value in call.headers.items())
        text = f"{lines}\n{call.body.decode('utf-8', 'replace')}"
        return HttpResponse(text, "text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"})

    def reprocess_view(self, request: HttpRequest, inbound_id: int) -> HttpResponse:
        """Decide one webhook again (POST only)."""
        inbound = get_object_or_404(Inbound, pk=inbound_id)
        if request.method != "POST" or not self.has_reprocess_permission(request):
            raise PermissionDenied
        replaying.reprocess(inbound, actor=acting_user(request))
        self.message_user(request, _("Decided again."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:routing_inbound_change", args=[inbound.pk]))


@admin.register(QuarantinedCall)
class QuarantinedCallAdmin(ActsOnMany, LogAdmin):
    """Refused calls: mend the cause, then replay."""

    list_display = ("id", "received_at", "source", "why", "bot", "size", "replayed_at")
    list_filter = ("source", RefusalFilter)
    ordering = ("-id",)
    list_select_related = ("source",)
    fields = ("received_at", "source", "why", "bot", "size", "replayed_at")
    actions = ("replay", "add_bot_and_replay")
    acts_on_many = (BulkAct.REPLAY,)

    @admin.display(description=_("reason"), ordering="reason")
    def why(self, call: QuarantinedCall) -> SafeString | str:
        """Why it was refused and what to do, and the code."""
        return coded(call.reason, "refusal")

    @admin.display(description=_("Feishu bot"))
    def bot(self, call: QuarantinedCall) -> str:
        """Where the URL of an unknown bot leads and how it ends: enough to know it by, not enough to use it."""
        try:
            address = Sealed(call.address).open() if call.address else ""
        except UnsealingError:
            return "?"
        return f"{urlsplit(address).hostname}/…{address[-4:]}" if address else "—"

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Replaying is a permission of its own."""
        return bool(request.user.has_perm("routing.replay_quarantinedcall"))

    @admin.action(description=_("Replay the selected calls (after mending the cause)…"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[QuarantinedCall]) -> HttpResponse:
        """The plan first: what verifies then is stored."""
        return self.to_plan(request, BulkAct.REPLAY, queryset)

    @admin.action(description=_("Add this bot and replay"), permissions=["replay"])
    def add_bot_and_replay(self, request: HttpRequest, queryset: QuerySet[QuarantinedCall]) -> None:
        """Make a Feishu target of an unknown bot address, then replay."""
        if not request.user.has_perm("routing.add_target"):
            raise PermissionDenied
        accepted = refused = 0
        for call in queryset.filter(reason="unknown_target").order_by("id"):
            answer = replaying.replay_quarantined(call, actor=acting_user(request), add_bot=True)
            accepted, refused = (accepted + 1, refused) if answer.status < 300 else (accepted, refused + 1)
        if accepted:
            self.message_user(request, _("%(count)s accepted.") % {"count": accepted}, messages.SUCCESS)
        if refused:
            text = _("%(count)s are still refused: mend the cause first.") % {"count": refused}
            self.message_user(request, text, messages.WARNING)


@admin.register(RulesVersion)
class RulesVersionAdmin(LogAdmin):
    """Immutable versions of the rule set that traces refer to."""

    list_display = ("digest", "created_at")
    fields = ("digest", "created_at", "content")
    ordering = ("-id",)
