"""Jobs of many: what is running, how far it is, and stopping it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.admin.acts_on_many import may_act, worded
from routing.admin.reading import LogAdmin, state
from routing.models import BulkAct, BulkJob, DeliveryStatus
from routing.services.bulk import jobs

LISTS = {BulkAct.REPROCESS: "inbound", BulkAct.REPLAY: "quarantinedcall"}
"""The list that a job came from, where it is not that of deliveries."""


@admin.register(BulkJob)
class BulkJobAdmin(LogAdmin):
    """Every job there was, newest first."""

    list_display = ("number", "created_at", "act", "actor", "state", "progress", "finished_at")
    list_filter = ("act", "status")
    search_fields = ("actor",)
    ordering = ("-id",)

    @admin.display(description="#", ordering="id")
    def number(self, job: BulkJob) -> str:
        """The number."""
        return f"#{job.pk}"

    @admin.display(description=_("status"), ordering="status")
    def state(self, job: BulkJob) -> SafeString:
        """The status, coloured."""
        return state(job.status, job.get_status_display())

    @admin.display(description=_("progress"))
    def progress(self, job: BulkJob) -> str:
        """How many are dealt with, of how many."""
        return f"{job.total - job.left} / {job.total}"

    def get_urls(self) -> list[URLPattern]:
        """The stock list and the stop button."""
        stop = path("<int:job_id>/cancel/", self.admin_site.admin_view(self.cancel_view), name="routing_bulkjob_cancel")
        return [stop, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one job: how far it is, and what became of what it sent."""
        job = get_object_or_404(BulkJob, pk=object_id)
        if not self.has_view_permission(request, job):
            raise PermissionDenied
        listing = reverse(f"admin:routing_{LISTS.get(BulkAct(job.act), 'delivery')}_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": f"#{job.pk} {job.get_act_display()}",
            "opts": self.opts,
            "job": job,
            "dealt": job.total - job.left,
            "reasons": worded(job.reasons),
            "outcomes": _outcomes(job),
            "list_url": listing,
            "may_cancel": job.finished_at is None and may_act(request, job.act),
        }
        return TemplateResponse(request, "admin/routing/bulk/job.html", context)

    def cancel_view(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Stop one job (POST only)."""
        job = get_object_or_404(BulkJob, pk=job_id)
        if request.method != "POST" or not may_act(request, job.act):
            raise PermissionDenied
        if jobs.cancel(job, actor=acting_user(request)):
            self.message_user(request, _("Stopped. What was not done is left as it is."), messages.SUCCESS)
        else:
            self.message_user(request, _("It has ended already."), messages.WARNING)
        return HttpResponseRedirect(reverse("admin:routing_bulkjob_change", args=[job.pk]))


def _outcomes(job: BulkJob) -> list[tuple[str, Any, int]]:
    """Status, in words, and how many of the deliveries that the job made stand there."""
    counts = dict(job.deliveries.order_by().values_list("status").annotate(Count("pk")))
    return [(status.value, status.label, counts[status]) for status in DeliveryStatus if status in counts]
