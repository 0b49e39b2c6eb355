"""Acts on every row of a list: from the list with its filters to a plan, and from the plan by POST to a job."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from routing.admin.acting import acting_user
from routing.admin.tables import filters_of
from routing.models import BulkAct
from routing.reasons import LEFT_OUT
from routing.services.bulk import jobs
from routing.services.bulk.acts import ACTS
from routing.services.bulk.planning import plan

TOOLS: Mapping[str, Any] = {
    BulkAct.RESEND: gettext_lazy("Resend this list…"),
    BulkAct.CANCEL: gettext_lazy("Cancel what waits in this list…"),
    BulkAct.REPROCESS: gettext_lazy("Decide this list again…"),
    BulkAct.REPLAY: gettext_lazy("Replay this list…"),
}


def may_act(request: HttpRequest, act: str) -> bool:
    """Whether somebody may do an act, and so also stop it."""
    return bool(request.user.has_perm(ACTS[act].permission))


def worded(counts: Mapping[str, int]) -> list[tuple[Any, int]]:
    """Reasons in words with their counts, the most frequent first."""
    return [(LEFT_OUT.get(code, code), count) for code, count in sorted(counts.items(), key=lambda one: -one[1])]


class ActsOnMany:
    """Adds the plan pages of some acts to the admin of a log."""

    acts_on_many: tuple[str, ...] = ()
    """The acts whose plans these rows have; those in TOOLS are linked from the list."""
    admin_site: Any
    opts: Any

    def list_tools(self, request: HttpRequest) -> list[tuple[str, Any]]:
        """The plans beside the other links above the list."""
        query = urlencode(filters_of(request))
        plans = [
            (f"{self._plan_url(act)}?{query}", TOOLS[act])
            for act in self.acts_on_many
            if act in TOOLS and may_act(request, act)
        ]
        return [*plans, *super().list_tools(request)]  # type: ignore[misc]

    def get_urls(self) -> list[URLPattern]:
        """The plan pages before the stock ones."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_bulk"
        page = path("bulk/<slug:act>/", self.admin_site.admin_view(self.plan_view), name=name)
        return [page, *super().get_urls()]  # type: ignore[misc]

    def to_plan(self, request: HttpRequest, act: str, queryset: "QuerySet[Any]") -> HttpResponse:
        """From an action to the plan for the rows that were ticked, or for the whole list."""
        if request.POST.get("select_across") == "1":
            chosen = filters_of(request)
        else:
            chosen = {"id__in": ",".join(str(pk) for pk in queryset.order_by("pk").values_list("pk", flat=True))}
        return HttpResponseRedirect(f"{self._plan_url(act)}?{urlencode(chosen)}")

    def plan_view(self, request: HttpRequest, act: str) -> HttpResponse:
        """The plan for the list of the query string; by POST the job is begun, for the rows that the plan saw."""
        if act not in self.acts_on_many:
            raise Http404
        if not may_act(request, act):
            raise PermissionDenied
        model_admin: Any = self
        try:
            listed = model_admin.get_changelist_instance(request)
        except IncorrectLookupParameters:
            model_admin.message_user(request, _("This list has a filter that cannot be used."), messages.ERROR)
            return HttpResponseRedirect(self._list_url())
        rows = listed.queryset.order_by()
        return self._start(request, act, rows) if request.method == "POST" else self._show(request, act, rows, listed)

    def _start(self, request: HttpRequest, act: str, rows: "QuerySet[Any]") -> HttpResponse:
        last = request.POST.get("last", "")
        if not (last.isascii() and last.isdigit() and len(last) < 19):
            raise PermissionDenied
        try:
            job = jobs.start(
                act, rows.filter(pk__lte=int(last)), actor=acting_user(request), filters=filters_of(request)
            )
        except jobs.TooMany:
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:routing_bulkjob_change", args=[job.pk]))

    def _show(self, request: HttpRequest, act: str, rows: "QuerySet[Any]", listed: Any) -> HttpResponse:
        planned = plan(act, rows, timezone.now())
        query = urlencode(filters_of(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _title(act),
            "opts": self.opts,
            "plan": planned,
            "left_out": worded(planned.left_out),
            "untold": worded(planned.untold),
            "filters": _in_words(listed, filters_of(request)),
            "last": rows.aggregate(last=Max("pk"))["last"] or 0,
            "most": jobs.MOST,
            "list_url": f"{self._list_url()}?{query}",
            "ways": self._ways(act, query),
        }
        return TemplateResponse(request, "admin/routing/bulk/plan.html", context)

    def _ways(self, act: str, query: str) -> list[tuple[str, Any, bool]]:
        """The two ways of resending: address, label, and whether it is the one shown."""
        ways = (BulkAct.RESEND, BulkAct.RESEND_NOW)
        labels = {BulkAct.RESEND: _("as it was"), BulkAct.RESEND_NOW: _("as it would be now")}
        return [(f"{self._plan_url(way)}?{query}", labels[way], way == act) for way in ways] if act in ways else []

    def _plan_url(self, act: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_bulk", args=[str(act)])

    def _list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")


def _in_words(listed: Any, filters: Mapping[str, str]) -> list[tuple[Any, Any]]:
    """The filters as the list's side column names them; what it does not know, as it is."""
    known: set[str] = set()
    found: list[tuple[Any, Any]] = []
    for spec in listed.filter_specs:
        known.update(spec.expected_parameters())
        if set(spec.expected_parameters()) & set(filters):
            chosen = [choice["display"] for choice in spec.choices(listed) if choice["selected"]]
            found += [(spec.title, display) for display in chosen]
    for name, value in filters.items():
        if name == "id__in":
            found.append((_("ticked"), len(value.split(","))))
        elif name not in known:
            found.append((_("search"), value) if name == "q" else _column_in_words(listed.model, name, value))
    return found


def _column_in_words(model: Any, name: str, value: str) -> tuple[Any, Any]:
    """A filter on a column, with the words for its codes; as it stands where it says more than which values."""
    try:
        field = model._meta.get_field(name.removesuffix("__in").removesuffix("__exact"))
    except FieldDoesNotExist:
        return name, value
    words = dict(field.flatchoices)
    return field.verbose_name, ", ".join(str(words.get(code, code)) for code in value.split(","))


def _title(act: str) -> str:
    return {
        BulkAct.RESEND: _("Resend many"),
        BulkAct.RESEND_NOW: _("Resend many"),
        BulkAct.CANCEL: _("Cancel many that wait"),
        BulkAct.REPROCESS: _("Decide many again"),
        BulkAct.REPLAY: _("Replay many refused calls"),
    }[BulkAct(act)]
