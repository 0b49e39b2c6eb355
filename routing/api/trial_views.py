"""Test alerts over HTTP: sent for a source, a rule or a target, and followed step by step."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api import filtering
from routing.api.acting import actor
from routing.api.configuration_schema import REFUSED
from routing.api.filtering import Condition, parameters
from routing.api.log_views import LogViewSet
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers import trials as shapes
from routing.models import Rule, Source, Target, Trial, TrialOf
from routing.selectors.trials.course import course_of
from routing.selectors.workers import work_state
from routing.services.trying import trials

FILTERS: Mapping[str, Condition] = {
    "of": filtering.choice("of", TrialOf.values),
    "name": filtering.text("name"),
    "actor": filtering.text("actor"),
    "since": filtering.moment("created_at__gte"),
    "until": filtering.moment("created_at__lt"),
}
_ALERT = ("project", "environment", "level")


@extend_schema_view(
    list=extend_schema(parameters=parameters(FILTERS), responses=shapes.TrialSerializer(many=True)),
    retrieve=extend_schema(responses=shapes.FollowedTrialSerializer),
)
class TrialViewSet(LogViewSet):
    """Test alerts, newest first; each one tells how far it has come."""

    queryset = Trial.objects.select_related("source", "rule", "target", "inbound")
    filters = FILTERS
    parser_classes = (BoundedJSONParser,)

    def get_serializer_class(self) -> Any:
        """One alone is followed."""
        return shapes.FollowedTrialSerializer if self.action == "retrieve" else shapes.TrialSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """How far it has come: each step with its state, and what to do where it stopped."""
        return Response(_followed(self.get_object()))

    @extend_schema(
        operation_id="trials_send",
        request=shapes.TrialRequestSerializer,
        responses={202: shapes.FollowedTrialSerializer, 400: REFUSED},
    )
    def create(self, request: Request) -> Response:
        """Send a test alert: real signature, rules, queue and targets. Read it again to follow it."""
        asked = shapes.TrialRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(_followed(_sent(asked.validated_data, request)), status=status.HTTP_202_ACCEPTED)


def _followed(trial: Trial) -> dict[str, Any]:
    now = timezone.now()
    course = course_of(trial, work=work_state(now), now=now)
    return dict(shapes.FollowedTrialSerializer(trial, context={"course": course}).data)


def _sent(given: Mapping[str, Any], request: Request) -> Trial:
    """Send what was asked for; raises ValidationError that names what is missing."""
    of, who = given["of"], actor(request)
    alert = {name: given[name] for name in _ALERT}
    if of == TrialOf.SOURCE:
        return trials.try_source(_source(given["name"], field="name"), actor=who, **alert)
    if of == TrialOf.RULE:
        rule = _named(Rule, given["name"])
        return trials.try_rule(rule, source=_source(given.get("source", ""), rule=rule), actor=who)
    target = _named(Target, given["name"])
    if of == TrialOf.ONLY_TARGET:
        return trials.try_only_target(target, actor=who)
    return trials.try_target(target, source=_source(given.get("source", "")), actor=who, **alert)


def _named(model: Any, name: str) -> Any:
    if (found := model.objects.filter(name=name).first()) is None:
        raise ValidationError({"name": [_("There is none of this name.")]})
    return found


def _source(name: str, *, rule: Rule | None = None, field: str = "source") -> Source:
    """A source that a test alert can come from, for a rule one of its own."""
    possible = trials.sources_to_test(rule)
    if (found := possible.filter(name=name).first()) is None:
        known = ", ".join(possible.values_list("name", flat=True))
        raise ValidationError({field: [_("Use one of: %(known)s.") % {"known": known}]})
    return found
