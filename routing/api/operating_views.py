"""Operating the relay over HTTP: tokens, the audit trail, original bodies, test alerts, the order of rules."""

from collections.abc import Mapping

from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import DestroyModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from integrations.contract import ConfigError
from routing.api import filtering
from routing.api.acting import actor
from routing.api.configuration_schema import REFUSED
from routing.api.configuring import Unreadable
from routing.api.filtering import Condition, parameters
from routing.api.log_views import Gone, LogViewSet
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers import operating as shapes
from routing.api.throttling import TokenThrottle
from routing.fields import UnsealingError
from routing.models import ApiToken, AuditEntry, Inbound, Role, Rule, Source
from routing.services import auditing
from routing.services.ingest import bodies
from routing.services.setup import ordering, tokens
from routing.services.trying import testing

AUDIT: Mapping[str, Condition] = {
    "actor": filtering.text("actor"),
    "action": filtering.text("action"),
    "object_type": filtering.text("object_type"),
    "since": filtering.moment("at__gte"),
    "until": filtering.moment("at__lt"),
}


class TokenViewSet(DestroyModelMixin, ReadOnlyModelViewSet[ApiToken]):
    """The tokens of this API, for administrators: made, looked at, revoked; never changed."""

    queryset = ApiToken.objects.all()
    serializer_class = shapes.TokenSerializer
    read_role = write_role = Role.ADMIN
    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)
    lookup_field = "name"
    lookup_value_regex = ".+"

    @extend_schema(responses={201: shapes.NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """Make one; its text is in this answer and nowhere else."""
        asked = shapes.TokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        token, text = tokens.issue(**asked.validated_data, actor=actor(request))
        return Response({**shapes.TokenSerializer(token).data, "token": text}, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoke it: the next call with it is refused."""
        tokens.revoke(instance, actor=actor(self.request))


@extend_schema_view(list=extend_schema(parameters=parameters(AUDIT)))
class AuditViewSet(LogViewSet):
    """Who did what, newest first."""

    queryset = AuditEntry.objects.all()
    serializer_class = shapes.AuditEntrySerializer
    filters = AUDIT


class InboundBodyView(APIView):
    """The original of a webhook."""

    read_role = Role.OPERATOR
    throttle_classes = (TokenThrottle,)

    @extend_schema(
        operation_id="inbounds_body",
        parameters=[OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)],
        responses={200: shapes.BodySerializer, 410: REFUSED},
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """Headers and body as they came: personal data, so each look is in the audit trail."""
        inbound = get_object_or_404(Inbound, pk=id)
        try:
            call = bodies.of_inbound(inbound)
        except UnsealingError as error:
            raise Unreadable(str(error)) from error
        if call is None:
            raise Gone(_("The original body is no longer kept."))
        auditing.record(actor=actor(request), action="view_body", obj=inbound)
        return Response({"headers": call.headers, "body": call.body.decode("utf-8", "replace")})


class SourceTestView(APIView):
    """A test alert."""

    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    @extend_schema(
        operation_id="sources_test",
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=shapes.SourceTestSerializer,
        responses={202: shapes.ReceiptSerializer, 400: REFUSED},
    )
    def post(self, request: Request, name: str) -> Response:
        """Hand the receiver a signed alert as Sentry's test button would send it: real rules, queue and targets."""
        asked = shapes.SourceTestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        source = get_object_or_404(Source, name=name)
        try:
            answer = testing.send_test_alert(source, actor=actor(request), **asked.validated_data)
        except ConfigError as error:
            language = get_language() or "en"
            raise ValidationError({key: [text.in_language(language)] for key, text in error.errors.items()}) from error
        except UnsealingError as error:
            raise Unreadable(str(error)) from error
        return Response(answer.payload, status=answer.status, headers=dict(answer.headers))


class RuleMoveView(APIView):
    """The place of a rule."""

    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    @extend_schema(
        operation_id="rules_move",
        parameters=[OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH)],
        request=shapes.MoveSerializer,
        responses={200: shapes.OrderSerializer, 400: REFUSED},
    )
    def post(self, request: Request, name: str) -> Response:
        """Put the rule before or after another one."""
        asked = shapes.MoveSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if len(asked.validated_data) != 1:
            raise ValidationError({"before": [_("Name one rule, either before or after.")]})
        ((side, beside),) = asked.validated_data.items()
        get_object_or_404(Rule, name=name)
        try:
            order = ordering.place(name, beside=beside, before=side == "before", actor=actor(request))
        except Rule.DoesNotExist as error:
            raise ValidationError({side: [_("There is no rule of this name.")]}) from error
        return Response({"order": order}, status=status.HTTP_200_OK)
