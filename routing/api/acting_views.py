"""Asking and trying: what would become of a webhook, a test message for a target, a webhook decided again."""

from typing import Any

import orjson
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.contract import ConfigError
from routing.api.acting import actor
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers.configuration import ErrorsSerializer
from routing.api.serializers.log import AlertSerializer, DeliverySerializer, InboundSerializer, alert_json
from routing.api.throttling import TokenThrottle
from routing.models import Inbound, Target
from routing.services import replaying
from routing.services.explaining import UnknownSource, explain
from routing.services.trying import testing


class ExplainSerializer(serializers.Serializer[Any]):
    """A webhook that did not come: as whom, as what, with which body."""

    source = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a field, not the base's
    resource = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="Such as event_alert; empty: told from the shape."
    )
    payload = serializers.JSONField(help_text="The body: a JSON object, or its text.")


class ExplainedSerializer(serializers.Serializer[Any]):
    """What would become of it."""

    source = serializers.CharField()  # type: ignore[assignment]  # as above
    status = serializers.CharField()
    reason = serializers.CharField()
    resource = serializers.CharField()
    action = serializers.CharField()
    project = serializers.CharField(allow_null=True)
    targets = serializers.ListField(child=serializers.DictField())
    alert = AlertSerializer(allow_null=True)
    decision = serializers.DictField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())


class ExplainView(APIView):
    """What would become of a webhook: nothing is written."""

    is_read_only_post = True
    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    @extend_schema(operation_id="explain", request=ExplainSerializer, responses={200: ExplainedSerializer})
    def post(self, request: Request) -> Response:
        """Decide it as the receiver would."""
        asked = ExplainSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        try:
            found = explain(
                source_name=given["source"], resource=given.get("resource", ""), body=_body(given["payload"])
            )
        except UnknownSource as error:
            text = _("There is no source of this name. Known: %(known)s.") % {"known": ", ".join(error.known)}
            raise ValidationError({"source": [text]}) from error
        found.pop("traceback", None)
        return Response({**found, "alert": found["alert"] and alert_json(found["alert"])})


def _body(payload: Any) -> bytes:
    try:
        return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)
    except (UnicodeEncodeError, orjson.JSONEncodeError) as error:
        raise ValidationError({"payload": [str(error)]}) from error


class TargetTestView(APIView):
    """A test message."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(
        operation_id="targets_test", request=None, responses={202: DeliverySerializer, 400: ErrorsSerializer}
    )
    def post(self, request: Request, name: str) -> Response:
        """Queue a test message for one target, through the real path."""
        target = get_object_or_404(Target, name=name)
        try:
            delivery = testing.test_target(target, actor=actor(request))
        except ConfigError as error:
            language = get_language() or "en"
            raise ValidationError(
                {field: [text.in_language(language)] for field, text in error.errors.items()}
            ) from error
        return Response(DeliverySerializer(delivery).data, status=status.HTTP_202_ACCEPTED)


class ReprocessView(APIView):
    """A webhook decided again."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(
        operation_id="inbounds_reprocess",
        request=None,
        responses=InboundSerializer,
        parameters=[OpenApiParameter("id", int, OpenApiParameter.PATH)],
    )
    def post(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """Decide a webhook again by the rules as they are now; one that was routed stays as it is."""
        inbound = replaying.reprocess(get_object_or_404(Inbound, pk=id), actor(request))
        return Response(InboundSerializer(inbound).data)
