"""The log over HTTP: inbounds, deliveries, threads; and what may be done to them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from routing.api import filtering
from routing.api.acting import actor
from routing.api.configuration_schema import CONFLICT
from routing.api.filtering import Condition, parameters
from routing.api.serializers import log as shapes
from routing.api.throttling import TokenThrottle
from routing.models import Attempt, Delivery, Inbound, Thread
from routing.services import replaying
from routing.services.acts import cancelling, closing

_ATTEMPTS = Prefetch("attempts", Attempt.objects.defer("request"))
_DELIVERIES = Delivery.objects.defer("message").order_by("id").prefetch_related(_ATTEMPTS)


class Conflict(APIException):
    """What was asked for cannot be done as things stand."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class Gone(APIException):
    """It was there, and is kept no longer."""

    status_code = status.HTTP_410_GONE
    default_code = "gone"


class LogViewSet(ReadOnlyModelViewSet[Any]):
    """What every list of the log shares."""

    filters: ClassVar[Mapping[str, Condition]] = {}
    throttle_classes = (TokenThrottle,)
    lookup_value_regex = r"\d{1,18}"

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrowed by the call's filters where it asks for a list."""
        return filtering.narrow(queryset, self.request, self.filters) if self.action == "list" else queryset


@extend_schema_view(list=extend_schema(parameters=parameters(filtering.INBOUNDS)))
class InboundViewSet(LogViewSet):
    """Received webhooks, newest first, each with its decision, deliveries and attempts."""

    queryset = Inbound.objects.defer("traceback").prefetch_related(Prefetch("deliveries", _DELIVERIES))
    serializer_class = shapes.InboundSerializer
    filters = filtering.INBOUNDS


def _not_resendable(delivery: Delivery) -> str:
    if delivery.target_id is None:
        return _("The target of this delivery was deleted: there is nobody to send it to.")
    return _("This delivery has not ended yet: cancel it, or wait until it has.")


@extend_schema_view(list=extend_schema(parameters=parameters(filtering.DELIVERIES)))
class DeliveryViewSet(LogViewSet):
    """The delivery log, newest first, each delivery with its attempts."""

    queryset = Delivery.objects.defer("message").prefetch_related(_ATTEMPTS)
    serializer_class = shapes.DeliverySerializer
    filters = filtering.DELIVERIES

    @extend_schema(
        operation_id="deliveries_resend", request=None, responses={202: shapes.DeliverySerializer, 409: CONFLICT}
    )
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str = "") -> Response:
        """Send a finished delivery again: a new delivery, at the end of its thread's line."""
        delivery = get_object_or_404(Delivery, pk=pk)
        try:
            new = replaying.resend(delivery, actor=actor(request))
        except replaying.NotResendable as error:
            raise Conflict(_not_resendable(delivery)) from error
        return Response(shapes.DeliverySerializer(new).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="deliveries_resend_many",
        request=shapes.ResendManySerializer,
        responses={202: shapes.ResentSerializer},
    )
    @action(detail=False, methods=["post"], url_path="resend", pagination_class=None)
    def resend_many(self, request: Request) -> Response:
        """Send finished deliveries again, oldest first; those that have not ended are left alone."""
        asked = shapes.ResendManySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        chosen = Delivery.objects.filter(pk__in=asked.validated_data["ids"])
        new = replaying.resend_many(chosen, actor=actor(request))
        return Response({"ids": [delivery.pk for delivery in new]}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={200: shapes.DeliverySerializer, 409: CONFLICT})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str = "") -> Response:
        """Cancel a delivery that waits."""
        delivery = get_object_or_404(Delivery, pk=pk)
        if not cancelling.cancel(delivery, actor=actor(request)):
            raise Conflict(_("Only a waiting delivery can be cancelled."))
        return Response(shapes.DeliverySerializer(self.get_queryset().get(pk=pk)).data)


@extend_schema_view(list=extend_schema(parameters=parameters(filtering.THREADS)))
class ThreadViewSet(LogViewSet):
    """Alert timelines, newest first: what each target was last told about each problem."""

    queryset = Thread.objects.select_related("target")
    serializer_class = shapes.ThreadSerializer
    filters = filtering.THREADS

    @extend_schema(
        operation_id="threads_close",
        request=shapes.CloseSerializer,
        responses={200: shapes.ClosedThreadSerializer, 409: CONFLICT},
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str = "") -> Response:
        """Close an open timeline by hand: quietly, or with `tell` by a recovery to its target."""
        asked = shapes.CloseSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        thread = get_object_or_404(Thread, pk=pk)
        closed = closing.close_thread(thread, actor=actor(request), **asked.validated_data)
        if closed is None:
            raise Conflict(_("This timeline is closed already."))
        row = self.get_queryset().get(pk=pk)
        row.recovery = closed.recovery and closed.recovery.pk
        return Response(shapes.ClosedThreadSerializer(row).data)

    @extend_schema(
        operation_id="threads_close_many",
        request=shapes.CloseManySerializer,
        responses={200: shapes.ClosedSerializer(many=True)},
    )
    @action(detail=False, methods=["post"], url_path="close", pagination_class=None)
    def close_many(self, request: Request) -> Response:
        """Close those of these timelines that are open; the answer names them."""
        asked = shapes.CloseManySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        chosen = Thread.objects.filter(pk__in=given.pop("ids"), is_open=True).order_by("pk")
        closed = closing.close_threads(chosen, actor=actor(request), **given)
        return Response(shapes.ClosedSerializer(closed, many=True).data)
