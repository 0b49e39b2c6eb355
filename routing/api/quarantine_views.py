"""Refused calls over HTTP: what was refused and why, and replaying it once the cause is mended."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api import filtering
from routing.api.acting import actor
from routing.api.configuration_schema import CONFLICT
from routing.api.filtering import Condition, parameters
from routing.api.log_views import LogViewSet
from routing.api.serializers import operating as shapes
from routing.models import QuarantinedCall
from routing.services import replaying

REASONS = ["unsigned", "bad_signature", "unknown_target"]


def _replayed(value: str) -> Q:
    return Q(replayed_at__isnull=not filtering.truth(value))


FILTERS: Mapping[str, Condition] = {
    "source": filtering.text("source__name"),
    "reason": filtering.choice("reason", REASONS),
    "replayed": _replayed,
    "since": filtering.moment("received_at__gte"),
    "until": filtering.moment("received_at__lt"),
}


@extend_schema_view(list=extend_schema(parameters=parameters(FILTERS)))
class QuarantineViewSet(LogViewSet):
    """Refused calls, newest first."""

    queryset = QuarantinedCall.objects.select_related("source").defer("data", "address")
    serializer_class = shapes.QuarantinedCallSerializer
    filters = FILTERS

    @extend_schema(
        operation_id="quarantine_replay",
        request=shapes.ReplaySerializer,
        responses={202: shapes.ReceiptSerializer, 409: CONFLICT},
    )
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str = "") -> Response:
        """Hand the same bytes to the receiver again; its answer, or with 409 why it still refuses them."""
        asked = shapes.ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        call = get_object_or_404(QuarantinedCall.objects.select_related("source"), pk=pk)
        answer = replaying.replay_quarantined(call, actor(request), add_bot=asked.validated_data["add_bot"])
        return Response(answer.payload, status=202 if answer.status < 300 else status.HTTP_409_CONFLICT)

    @extend_schema(
        operation_id="quarantine_replay_many",
        request=shapes.ReplayManySerializer,
        responses={200: shapes.ReplayedManySerializer},
    )
    @action(detail=False, methods=["post"], url_path="replay", pagination_class=None)
    def replay_many(self, request: Request) -> Response:
        """Replay what waits, oldest first: of one source, of these ids, or all of it."""
        asked = shapes.ReplayManySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        found: dict[str, list[int]] = {"accepted": [], "refused": []}
        for call in _waiting(given):
            answer = replaying.replay_quarantined(call, actor(request), add_bot=given["add_bot"])
            found["accepted" if answer.status < 300 else "refused"].append(call.pk)
        return Response(found)


def _waiting(given: Mapping[str, Any]) -> Any:
    """Refused calls that were not replayed, oldest first, read one by one: bodies are large."""
    calls = QuarantinedCall.objects.filter(replayed_at__isnull=True)
    if "source" in given:
        calls = calls.filter(source__name=given["source"])
    if "ids" in given:
        calls = calls.filter(pk__in=given["ids"])
    for pk in list(calls.order_by("id").values_list("pk", flat=True)):
        call = QuarantinedCall.objects.select_related("source").filter(pk=pk, replayed_at__isnull=True).first()
        if call is not None:
            yield call
