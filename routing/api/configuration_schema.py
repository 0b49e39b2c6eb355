"""The views of the configured objects as the API's description shows them."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers

from routing.api.choosing import FILTERS
from routing.api.configuration_views import SectionList, SectionObject, SettingsView
from routing.api.pagination import MOST
from routing.api.serializers import configuration as shapes

REFUSED = OpenApiResponse(shapes.ErrorsSerializer, description="By field, what to do about it.")
CONFLICT = OpenApiResponse(shapes.ErrorsSerializer, description="What is in the way.")
STALE = OpenApiResponse(shapes.ErrorsSerializer, description="Changed since it was read.")
IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="The ETag that you read.")
PAGING = [
    OpenApiParameter("cursor", int, description="From `next` and `previous`."),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": MOST}),
]
SHAPES: dict[str, Any] = {
    "sources": shapes.SourceSerializer,
    "projects": shapes.ProjectSerializer,
    "targets": shapes.ANY_TARGET,
    "rules": shapes.RuleSerializer,
    "silences": shapes.SilenceSerializer,
}
MADE: dict[str, Any] = {"sources": shapes.NewSourceSerializer}
"""Where the answer that makes one tells more."""


@extend_schema_field(shapes.MANY_TARGETS)
class _ManyTargets(serializers.JSONField):
    """Targets of all kinds."""


def _page(section: str) -> Any:
    many = _ManyTargets() if section == "targets" else SHAPES[section](many=True)
    ends = {name: serializers.URLField(allow_null=True) for name in ("next", "previous")}
    return inline_serializer(f"{section.title()}Page", {"results": many, **ends})


def _filters(section: str) -> list[OpenApiParameter]:
    return [OpenApiParameter(name, str) for name in FILTERS[section]]


def views_of(section: str) -> tuple[Any, Any]:
    """The list view and the object view of a section, described."""
    shape, title = SHAPES[section], section.title()
    lists = type(f"{title}List", (SectionList,), {"section": section, "__doc__": SectionList.__doc__})
    objects = type(f"{title}Object", (SectionObject,), {"section": section, "__doc__": SectionObject.__doc__})
    written = {200: shape, 201: shape, 400: REFUSED, 412: STALE}
    changed = {200: shape, 400: REFUSED, 412: STALE}
    in_list = extend_schema_view(
        get=extend_schema(
            operation_id=f"{section}_list", responses=_page(section), parameters=[*PAGING, *_filters(section)]
        ),
        post=extend_schema(
            operation_id=f"{section}_create",
            request=shape,
            responses={200: shape, 201: MADE.get(section, shape), 400: REFUSED, 409: CONFLICT},
        ),
    )
    of_one = extend_schema_view(
        get=extend_schema(operation_id=f"{section}_retrieve", responses=shape),
        put=extend_schema(operation_id=f"{section}_replace", request=shape, responses=written, parameters=[IF_MATCH]),
        patch=extend_schema(operation_id=f"{section}_change", request=shape, responses=changed, parameters=[IF_MATCH]),
        delete=extend_schema(
            operation_id=f"{section}_delete", responses={204: None, 409: CONFLICT, 412: STALE}, parameters=[IF_MATCH]
        ),
    )
    return in_list(lists), of_one(objects)


Settings: Any = extend_schema_view(
    get=extend_schema(responses={200: shapes.SettingsSerializer}),
    patch=extend_schema(
        request=shapes.SettingsSerializer,
        responses={200: shapes.SettingsSerializer, 400: REFUSED, 412: STALE},
        parameters=[IF_MATCH],
    ),
)(SettingsView)
