"""What would change: the saved rules or edited ones over the webhooks that came lately, over HTTP."""

from collections.abc import Mapping
from typing import Any

from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing.api.configuring import Unreadable
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers.configuration import ErrorsSerializer
from routing.api.throttling import TokenThrottle
from routing.fields import UnsealingError
from routing.services.configuration.document import VERSION, parse
from routing.services.configuration.problems import ConfigurationError
from routing.services.configuration.reading import read_plain
from routing.services.whatif.asking import MOST, USUAL, what_if_document, what_if_saved

_SECTIONS = ("severity", "projects", "rules", "silences")
"""What may be edited here; sources and targets hold secrets, and are planned with the configuration file."""


class RecentSerializer(serializers.Serializer[Any]):
    """How many webhooks to ask about."""

    recent = serializers.IntegerField(
        min_value=1, max_value=MOST, default=USUAL, help_text="The last so many real webhooks that brought an alert."
    )


class WhatIfSerializer(RecentSerializer):
    """The edited part of the configuration, as the configuration file writes it; none of it asks about what is saved."""

    rules = serializers.ListField(child=serializers.DictField(), required=False)
    silences = serializers.ListField(child=serializers.DictField(), required=False)
    projects = serializers.ListField(child=serializers.DictField(), required=False)
    severity = serializers.DictField(child=serializers.CharField(), required=False)
    prune = serializers.BooleanField(
        default=False, help_text="As if what the given sections do not list were removed; else it stays."
    )


class MovedSerializer(serializers.Serializer[Any]):
    """A message that would be new, or would be gone."""

    inbound = serializers.IntegerField()
    severity = serializers.CharField()
    held_back = serializers.CharField(
        allow_null=True, help_text="Why the other side holds it back; null where it does not go to this target at all."
    )


class ChangedSerializer(serializers.Serializer[Any]):
    """A message whose severity changes."""

    inbound = serializers.IntegerField()
    before = serializers.CharField()
    after = serializers.CharField()


class ForecastSerializer(serializers.Serializer[Any]):
    """Messages an hour; targets that share an address are counted together."""

    messages = serializers.IntegerField()
    per_hour_mean = serializers.FloatField()
    per_hour_peak = serializers.IntegerField()
    per_minute_peak = serializers.IntegerField()
    limit_per_hour = serializers.FloatField(help_text="0: no limit.")
    is_over = serializers.BooleanField()


class ForecastsSerializer(serializers.Serializer[Any]):
    """Before and after."""

    before = ForecastSerializer()
    after = ForecastSerializer()


class WhatIfTargetSerializer(serializers.Serializer[Any]):
    """What changes for one target."""

    name = serializers.CharField()
    kind = serializers.CharField(allow_null=True)
    enabled = serializers.BooleanField()
    gained = MovedSerializer(many=True)
    lost = MovedSerializer(many=True)
    kept = serializers.ListField(child=serializers.IntegerField())
    severity_changes = ChangedSerializer(many=True)
    forecast = ForecastsSerializer()
    limits = serializers.DictField(child=serializers.FloatField(), allow_null=True)


class WhatIfAnswerSerializer(serializers.Serializer[Any]):
    """What would change, target by target."""

    compared_with = serializers.ChoiceField(["log", "saved"])
    inbounds = serializers.IntegerField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    changes_nothing = serializers.BooleanField()
    newly_unrouted = serializers.ListField(child=serializers.IntegerField())
    newly_routed = serializers.ListField(child=serializers.IntegerField())
    targets = WhatIfTargetSerializer(many=True)


class WhatIfView(APIView):
    """What would change; nothing is written."""

    is_read_only_post = True
    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)

    @extend_schema(
        operation_id="what_if_saved",
        parameters=[OpenApiParameter("recent", int, description=f"Webhooks, {USUAL} unless told, at most {MOST}.")],
        responses={200: WhatIfAnswerSerializer, 400: ErrorsSerializer},
    )
    def get(self, request: Request) -> Response:
        """What the saved rules would make of the last webhooks, beside what became of them."""
        asked = RecentSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        return Response(what_if_saved(last=asked.validated_data["recent"]).to_json())

    @extend_schema(
        operation_id="what_if",
        request=WhatIfSerializer,
        responses={200: WhatIfAnswerSerializer, 400: ErrorsSerializer},
    )
    def post(self, request: Request) -> Response:
        """What edited rules would make of the last webhooks, beside what the saved ones make of them."""
        asked = WhatIfSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given, body = asked.validated_data, dict(request.data)
        _refuse_others(body)
        sections = {name: body[name] for name in _SECTIONS if name in given}
        if not sections:
            return Response(what_if_saved(last=given["recent"]).to_json())
        try:
            document = parse(read_plain({"version": VERSION, **sections}))
            return Response(what_if_document(document, prune=given["prune"], last=given["recent"]).to_json())
        except ConfigurationError as error:
            raise _by_path(error) from error
        except UnsealingError as error:
            raise Unreadable(str(error)) from error


def _refuse_others(given: Mapping[str, Any]) -> None:
    """What would be passed over must not look as if it had been asked about."""
    known = {*_SECTIONS, "recent", "prune", "version"}
    text = _("This is not known here. Known: %(known)s.") % {"known": ", ".join(sorted(known))}
    wrong = {name: [text] for name in given if name not in known}
    if wrong:
        raise ValidationError(wrong)


def _by_path(error: ConfigurationError) -> ValidationError:
    language = get_language() or "en"
    found: dict[str, list[str]] = {}
    for problem in error.problems:
        found.setdefault(problem.path or "detail", []).append(problem.text.in_language(language))
    return ValidationError(found)


urlpatterns = [path("api/v1/what-if/", WhatIfView.as_view(), name="what-if")]
