"""Acts on many over HTTP: what one would do, beginning it, how far it is, and stopping it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Max, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api import filtering, quarantine_views
from routing.api.acting import actor
from routing.api.configuration_schema import CONFLICT, REFUSED
from routing.api.filtering import Condition, parameters
from routing.api.log_views import Conflict, LogViewSet
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers import jobs as shapes
from routing.models import BulkAct, BulkJob, BulkStatus, Delivery, Inbound, QuarantinedCall
from routing.services.bulk import jobs
from routing.services.bulk.planning import plan

FILTERS: Mapping[str, Condition] = {
    "act": filtering.choice("act", BulkAct.values),
    "status": filtering.choice("status", BulkStatus.values),
    "actor": filtering.text("actor"),
    "name": filtering.text("name"),
    "since": filtering.moment("created_at__gte"),
    "until": filtering.moment("created_at__lt"),
}


def _chosen(act: str, asked: Mapping[str, str]) -> QuerySet[Any]:
    """The rows of the list that an act belongs to; raises ValidationError that names each unusable filter."""
    rows: QuerySet[Any] = Delivery.objects.order_by()
    filters = filtering.DELIVERIES
    if act == BulkAct.REPROCESS:
        rows, filters = Inbound.objects.order_by(), filtering.INBOUNDS
    elif act == BulkAct.REPLAY:
        rows, filters = QuarantinedCall.objects.order_by(), quarantine_views.FILTERS
    return filtering.narrowed(rows, asked, filters, within="filter.")


@extend_schema_view(
    list=extend_schema(parameters=parameters(FILTERS), responses=shapes.JobSerializer(many=True)),
    retrieve=extend_schema(responses=shapes.WatchedJobSerializer),
)
class JobViewSet(LogViewSet):
    """Acts on many that work in the background, newest first."""

    queryset = BulkJob.objects.all()
    filters = FILTERS
    parser_classes = (BoundedJSONParser,)

    def get_serializer_class(self) -> Any:
        """One job also tells what became of what it sent."""
        return shapes.WatchedJobSerializer if self.action == "retrieve" else shapes.JobSerializer

    @extend_schema(
        operation_id="jobs_plan",
        request=shapes.PlanRequestSerializer,
        responses={200: shapes.ShownPlanSerializer, 400: REFUSED},
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def plan(self, request: Request) -> Response:
        """What an act would do: how many, to whom, how long it takes, what is left out and why. Nothing is begun."""
        asked = shapes.PlanRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        rows = _chosen(asked.validated_data["act"], asked.validated_data["filter"])
        last = rows.aggregate(last=Max("pk"))["last"] or 0
        planned = plan(asked.validated_data["act"], rows.filter(pk__lte=last), timezone.now())
        return Response({**shapes.PlanSerializer(planned).data, "last": last})

    @extend_schema(
        operation_id="jobs_start",
        request=shapes.JobRequestSerializer,
        responses={200: shapes.JobSerializer, 202: shapes.JobSerializer, 400: REFUSED, 409: CONFLICT},
    )
    def create(self, request: Request) -> Response:
        """Begin a job. The same call with the same name again answers 200 with that job, another call of that name 409."""
        asked = shapes.JobRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        rows = _chosen(given["act"], given["filter"])
        if "last" in given:
            rows = rows.filter(pk__lte=given["last"])
        try:
            job = jobs.start(
                given["act"], rows, actor=actor(request), filters=given["filter"], name=given.get("name", "")
            )
        except jobs.TooMany as error:
            text = _("One job takes at most %(most)s rows: narrow the filter.") % {"most": jobs.MOST}
            raise ValidationError({"filter": [text]}) from error
        except jobs.NameTaken as error:
            return self._known(error.job, given)
        return Response(shapes.JobSerializer(job).data, status=status.HTTP_202_ACCEPTED)

    def _known(self, job: BulkJob, given: Mapping[str, Any]) -> Response:
        if (job.act, job.filter) != (given["act"], given["filter"]):
            raise Conflict(_("There is another job of this name."))
        return Response(shapes.JobSerializer(job).data)

    @extend_schema(operation_id="jobs_stop", request=None, responses={200: shapes.JobSerializer, 409: CONFLICT})
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str = "") -> Response:
        """Stop a job: what it has not done is left as it is."""
        job = get_object_or_404(BulkJob, pk=pk)
        if not jobs.cancel(job, actor=actor(request)):
            raise Conflict(_("This job has ended already."))
        return Response(shapes.JobSerializer(job).data)
