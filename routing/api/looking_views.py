"""Looking over HTTP at what the pages of the admin sum up: the overview, a shift, attempts, rule sets, previews."""

from collections.abc import Mapping
from datetime import timedelta

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.contract import Message, OutcomeKind, Severity
from integrations.registry import DESTINATIONS
from routing.api import filtering
from routing.api.configuration_schema import REFUSED
from routing.api.filtering import Condition, parameters
from routing.api.log_views import Gone, LogViewSet
from routing.api.serializers import looking as shapes
from routing.api.serializers import shifts
from routing.api.serializers.waits import LineSerializer
from routing.api.throttling import TokenThrottle
from routing.models import Attempt, Delivery, Inbound, RulesVersion, Target
from routing.selectors.dashboard import dashboard
from routing.selectors.hand_over import shift
from routing.selectors.waits import line_of
from routing.services.previews.messages import message_of_delivery, message_of_inbound
from routing.services.previews.rendering import preview, settings_of

LONGEST = timedelta(days=31)
ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
ATTEMPTS: Mapping[str, Condition] = {
    "delivery": filtering.number("delivery_id"),
    "provider_code": filtering.text("provider_code"),
    "reason": filtering.choice("reason", filtering.DELIVERY_REASONS),
    "outcome": filtering.choice("outcome", [*(kind.value for kind in OutcomeKind), "lost"]),
    "since": filtering.moment("started_at__gte"),
    "until": filtering.moment("started_at__lt"),
}


@extend_schema_view(list=extend_schema(parameters=parameters(ATTEMPTS)))
class AttemptViewSet(LogViewSet):
    """Single attempts, newest first: for looking for a vendor's code."""

    queryset = Attempt.objects.defer("request")
    serializer_class = shapes.SoughtAttemptSerializer
    filters = ATTEMPTS


class RulesVersionViewSet(LogViewSet):
    """The rule sets that decisions followed, newest first, by the digest that a trace names."""

    queryset = RulesVersion.objects.all()
    serializer_class = shapes.RulesVersionSerializer
    lookup_field = "digest"
    lookup_value_regex = "[0-9a-f]{1,64}"


class OverviewView(APIView):
    """What the dashboard shows."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(operation_id="overview", responses=shapes.OverviewSerializer)
    def get(self, request: Request) -> Response:
        """The last 24 hours in sums that add up, how everybody is, and what needs a person now."""
        found = dashboard(timezone.now())
        names = (
            "now",
            "since",
            "received",
            "duplicates",
            "messages",
            "open_threads",
            "unrouted",
            "refusing",
            "notices",
        )
        health = {
            name: getattr(found.health, name) for name in ("sources", "projects", "targets", "workers", "lag_since")
        }
        shown = {
            **{name: getattr(found, name) for name in names},
            **health,
            "inbounds": {part.code: part.count for part in found.inbounds},
            "deliveries": {part.code: part.count for part in found.deliveries},
            "lost": found.dead,
            "sick_rules": {name: str(text) for name, text in found.sick_rules.items()},
        }
        return Response(shapes.OverviewSerializer(shown).data)


class ShiftView(APIView):
    """What the next shift has to know."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(
        operation_id="shift", parameters=[shifts.SpanSerializer], responses={200: shifts.ShiftSerializer, 400: REFUSED}
    )
    def get(self, request: Request) -> Response:
        """What happened from `since` until `until`: sums, what was opened and is still open, given up, closed by hand."""
        asked = shifts.SpanSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        since, until = asked.validated_data["since"], asked.validated_data["until"]
        if not timedelta() < until - since <= LONGEST:
            raise ValidationError({"until": [_("Give two times, the second after the first, at most 31 days apart.")]})
        return Response(shifts.ShiftSerializer(shift(since, until)).data)


class _PreviewView(APIView):
    """What both previews share."""

    throttle_classes = (TokenThrottle,)

    def shown(self, message: Message | None, target: Target | None, *, is_simple: bool) -> Response:
        """The message as the target would get it; raises Gone where nobody knows any more."""
        if message is None or target is None or target.kind not in DESTINATIONS:
            raise Gone(_("There is no alert, or no target any more, that a message could be made of."))
        made = preview(message, target.kind, settings_of(target), now=timezone.now(), is_simple=is_simple)
        language = get_language() or "en"
        errors = {name: text.in_language(language) for name, text in made.errors.items()}
        shown = {
            "kind": made.kind, "body": made.body, "refusal": made.refusal, "is_unsupported": made.is_unsupported,
            "errors": errors,
        }  # fmt: skip
        return Response(shapes.PreviewSerializer(shown).data)


class InboundPreviewView(_PreviewView):
    """What a webhook would say."""

    @extend_schema(
        operation_id="inbounds_preview",
        parameters=[ID, shapes.InboundPreviewAskedSerializer],
        responses={200: shapes.PreviewSerializer, 400: REFUSED, 410: REFUSED},
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """What a target would be told of this webhook in some severity: unsigned, and nothing is sent."""
        asked = shapes.InboundPreviewAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        inbound = get_object_or_404(Inbound, pk=id)
        target = Target.objects.filter(name=given["target"]).first()
        if target is None:
            raise ValidationError({"target": [_("There is no target of this name.")]})
        message = message_of_inbound(inbound, Severity(given["severity"]))
        return self.shown(message, target, is_simple=given["simple"])


class DeliveryPreviewView(_PreviewView):
    """What a delivery says."""

    @extend_schema(
        operation_id="deliveries_preview",
        parameters=[ID, shapes.PreviewAskedSerializer],
        responses={200: shapes.PreviewSerializer, 400: REFUSED, 410: REFUSED},
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the URL
        """What this delivery says to its target: unsigned, and nothing is sent."""
        asked = shapes.PreviewAskedSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        delivery = get_object_or_404(Delivery.objects.select_related("target"), pk=id)
        return self.shown(message_of_delivery(delivery), delivery.target, is_simple=asked.validated_data["simple"])


class TargetWaitingView(APIView):
    """What waits for a target."""

    throttle_classes = (TokenThrottle,)

    @extend_schema(operation_id="targets_waiting", responses=LineSerializer)
    def get(self, request: Request, name: str) -> Response:
        """How many wait for this target, for what, and until when."""
        line = line_of(get_object_or_404(Target, name=name), timezone.now())
        return Response(LineSerializer(line).data)
