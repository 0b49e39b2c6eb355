"""What follows from one webhook: muting what is like it for an hour, and the routing test that it makes."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing.api.acting import actor
from routing.api.configuration_schema import CONFLICT, SHAPES
from routing.api.configuration_views import SectionView
from routing.api.configuring import Unreadable, find
from routing.api.log_views import Conflict
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers import inbounds as shapes
from routing.api.throttling import TokenThrottle
from routing.fields import UnsealingError
from routing.models import Inbound
from routing.services.ingest import bodies
from routing.services.silences import muting
from routing.services.snippets import is_testable, payload_path, routing_test

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class InboundMuteView(SectionView):
    """A silence for one problem."""

    section = "silences"
    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    @extend_schema(
        operation_id="inbounds_mute",
        parameters=[ID],
        request=shapes.MuteSerializer,
        responses={200: SHAPES["silences"], 201: SHAPES["silences"], 409: CONFLICT},
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """Silence alerts like this one for an hour; 200 with the silence that does so already, where there is one."""
        asked = shapes.MuteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        inbound, now = get_object_or_404(Inbound, pk=id), timezone.now()
        known = muting.muting(inbound, now)
        silence = muting.mute(
            inbound, actor=actor(request), author=None, reason=asked.validated_data["reason"], now=now
        )
        if silence is None:
            raise Conflict(_("This alert cannot be told from others: a silence for it would hold for every alert."))
        code = status.HTTP_200_OK if known else status.HTTP_201_CREATED
        return self.answer(find("silences", silence.name), code)


class RoutingTestView(APIView):
    """A routing test."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(
        operation_id="inbounds_routing_test",
        parameters=[ID],
        responses={200: shapes.RoutingTestSerializer, 409: CONFLICT},
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """The test for the configuration file that expects what the rules decided; save the body under its path."""
        inbound = get_object_or_404(Inbound, pk=id)
        if not is_testable(inbound):
            raise Conflict(_("The rules were not asked about this webhook."))
        try:
            call = bodies.of_inbound(inbound)
        except UnsealingError as error:
            raise Unreadable(str(error)) from error
        return Response({"test": routing_test(inbound, call), "payload_path": payload_path(inbound)})
