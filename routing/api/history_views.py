"""Versions of configured objects over HTTP: what each was, who made it, and going back to it."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.exceptions import ValidationError as Unfit
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from routing.api import configuring
from routing.api.acting import actor
from routing.api.configuration_schema import CONFLICT, SHAPES
from routing.api.configuration_views import SectionView
from routing.api.log_views import Conflict
from routing.models import Project, Rule, Silence, Source, Target
from routing.services.setup.restoring import restore

MODELS: dict[str, Any] = {"sources": Source, "projects": Project, "targets": Target, "rules": Rule, "silences": Silence}
NEWEST = 100
NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH)
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)


class VersionSerializer(serializers.Serializer[Any]):
    """One version."""

    id = serializers.IntegerField(source="history_id")
    at = serializers.DateTimeField(source="history_date")
    type = serializers.SerializerMethodField()
    by = serializers.SerializerMethodField()
    values = serializers.SerializerMethodField()

    def get_type(self, record: Any) -> str:
        """One of `made`, `changed`, `deleted`."""
        return {"+": "made", "-": "deleted"}.get(record.history_type, "changed")

    def get_by(self, record: Any) -> str:
        """The user, or what a token, command or restoration left."""
        return str(record.history_user or record.history_change_reason or "")

    def get_values(self, record: Any) -> dict[str, Any]:
        """What it was, secrets excepted; others by name."""
        fields = [field for field in record.tracked_fields if not field.primary_key]
        plain = {field.name: getattr(record, field.attname) for field in fields}
        named = {field.name: _names(field, [plain[field.name]]) for field in fields if _is_link(field)}
        many = {field.name: _names(field, _linked(record, field)) for field in record._history_m2m_fields}
        return {**plain, **{name: next(iter(found), None) for name, found in named.items()}, **many}


def _is_link(field: Any) -> bool:
    return isinstance(field, models.ForeignKey)


def _linked(record: Any, field: Any) -> list[Any]:
    column = f"{field.m2m_reverse_field_name()}_id"
    return [getattr(link, column) for link in getattr(record, field.name).all()]


def _names(field: Any, ids: list[Any]) -> list[str]:
    """The names of what is still there."""
    rows = field.related_model._default_manager.filter(pk__in=[pk for pk in ids if pk is not None])
    return sorted(str(getattr(row, "name", row)) for row in rows)


class _Versions(SectionView):
    """What both views of one section share."""

    def rows(self, name: str) -> Any:
        """The versions of the object of this name, newest first; raises NotFound."""
        source, _slash, slug = name.rpartition("/")
        own = {"source__name": source, "slug": slug} if self.section == "projects" else {"name": name}
        return get_object_or_404(MODELS[self.section], **own).history.order_by("-history_date", "-history_id")


class History(_Versions):
    """The versions of one object."""

    def get(self, request: Request, name: str) -> Response:
        """Its newest 100 versions, newest first: when, by whom, and what it was, secrets excepted."""
        return Response(VersionSerializer(self.rows(name)[:NEWEST], many=True).data)


class Restore(_Versions):
    """Going back."""

    def post(self, request: Request, name: str, id: str) -> Response:  # noqa: A002 - the word of the URL
        """Give the object the values that it had, secrets and a rule's place excepted; a new version is the result."""
        record = get_object_or_404(self.rows(name), history_id=id)
        try:
            restore(record, actor=actor(request))
        except Unfit as error:
            raise Conflict(" ".join(error.messages)) from error
        except ObjectDoesNotExist as error:
            raise Conflict(_("It was deleted, so nothing can be restored to it.")) from error
        return self.answer(configuring.find(self.section, name))


def views_of(section: str) -> tuple[Any, Any]:
    """The views of the versions of a section, described."""
    history = type(f"{section.title()}History", (History,), {"section": section, "__doc__": History.__doc__})
    going_back = type(f"{section.title()}Restore", (Restore,), {"section": section, "__doc__": Restore.__doc__})
    listing = extend_schema_view(
        get=extend_schema(operation_id=f"{section}_history", parameters=[NAME], responses=VersionSerializer(many=True))
    )
    acting = extend_schema_view(
        post=extend_schema(
            operation_id=f"{section}_restore",
            parameters=[NAME, ID],
            request=None,
            responses={200: SHAPES[section], 409: CONFLICT},
        )
    )
    return listing(history), acting(going_back)
