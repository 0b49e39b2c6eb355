"""What a source is called with and signs with: further hook keys and client secrets, each retired on its own."""

import secrets
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from routing.api import configuring
from routing.api.acting import actor
from routing.api.configuration_schema import REFUSED
from routing.api.parsing import BoundedJSONParser
from routing.api.serializers import operating as shapes
from routing.api.throttling import TokenThrottle
from routing.models import ClientSecret, HookKey, Source
from routing.services.configuration.exporting import plain_item
from routing.services.configuration.secret_text import MASK
from routing.services.setup import sources

NAME = OpenApiParameter("name", OpenApiTypes.STR, OpenApiParameter.PATH, description="Of the source.")
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)


def add(request: Request, name: str, *, field: str, column: str, text: str) -> bool:
    """Let a source have one more key or secret, as the configuration file would; False when it has it already.

    Raises ValidationError that names the field of the call.
    """
    kept = plain_item("sources", configuring.find("sources", name), masked=True, full=True)
    given = {**kept, column: [MASK, text] if kept[column] else [text]}
    check = configuring.if_match(request, "sources", name, must_exist=True)
    try:
        document = configuring.document_of("sources", given)
        changes, _before = configuring.write(document, section="sources", request=request, precondition=check)
    except ValidationError as error:
        texts = error.detail.values() if isinstance(error.detail, dict) else [error.detail]
        raise ValidationError({field: [text for found in texts for text in found]}) from error
    return bool(changes)


class _Credentials(APIView):
    """What lists and additions share."""

    throttle_classes = (TokenThrottle,)
    parser_classes = (BoundedJSONParser,)


class HookKeys(_Credentials):
    """The hook keys of a source, the retired ones too."""

    @extend_schema(operation_id="sources_hook_keys", parameters=[NAME], responses=shapes.HookKeySerializer(many=True))
    def get(self, request: Request, name: str) -> Response:
        """When each was added, last used, retired; the oldest first."""
        rows = get_object_or_404(Source, name=name).hook_keys.all()
        return Response(shapes.HookKeySerializer(rows, many=True).data)

    @extend_schema(
        operation_id="sources_hook_keys_add",
        parameters=[NAME],
        request=shapes.NewHookKeySerializer,
        responses={200: shapes.HookKeySerializer, 201: shapes.HookKeySerializer, 400: REFUSED},
    )
    def post(self, request: Request, name: str) -> Response:
        """Add one beside the others, which stay valid; the same key again is answered with 200."""
        asked = shapes.NewHookKeySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data.get("key") or "k-" + secrets.token_urlsafe(24)
        is_new = add(request, name, field="key", column="hook_keys", text=text)
        row = HookKey.objects.get(digest=sources.key_digest(text))
        shown = {**shapes.HookKeySerializer(row).data, "hook_url": sources.address_of(text)}
        return Response(shown, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class ClientSecrets(_Credentials):
    """The client secrets of a source, the retired ones too."""

    @extend_schema(
        operation_id="sources_client_secrets", parameters=[NAME], responses=shapes.ClientSecretSerializer(many=True)
    )
    def get(self, request: Request, name: str) -> Response:
        """When each was added, last used, retired; the oldest first."""
        rows = get_object_or_404(Source, name=name).client_secrets.all()
        return Response(shapes.ClientSecretSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="sources_client_secrets_add",
        parameters=[NAME],
        request=shapes.NewClientSecretSerializer,
        responses={200: shapes.ClientSecretSerializer, 201: shapes.ClientSecretSerializer, 400: REFUSED},
    )
    def post(self, request: Request, name: str) -> Response:
        """Accept one beside the others, which stay valid; the same secret again is answered with 200."""
        asked = shapes.NewClientSecretSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        text = asked.validated_data["secret"]
        is_new = add(request, name, field="secret", column="client_secrets", text=text)
        rows = ClientSecret.objects.filter(source__name=name, retired_at=None)
        row = next(row for row in rows.order_by("-id") if row.secret.open() == text)
        shown = shapes.ClientSecretSerializer(row).data
        return Response(shown, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)


class _Retire(APIView):
    """Ends one key or secret."""

    model: ClassVar[Any]
    shape: ClassVar[Any]
    throttle_classes = (TokenThrottle,)

    def post(self, request: Request, name: str, id: str) -> Response:  # noqa: A002 - the word of the URL
        """Accept it no more, from the next call on; once retired it stays as it is."""
        row = get_object_or_404(self.model.objects.select_related("source"), source__name=name, pk=id)
        sources.retire_by(row, actor=actor(request))
        return Response(self.shape(row).data)


def _described(operation: str, shape: Any) -> Any:
    told = extend_schema(operation_id=operation, parameters=[NAME, ID], request=None, responses=shape)
    return extend_schema_view(post=told)


@_described("sources_hook_keys_retire", shapes.HookKeySerializer)
class RetireHookKey(_Retire):
    """Ends a hook key."""

    model, shape = HookKey, shapes.HookKeySerializer


@_described("sources_client_secrets_retire", shapes.ClientSecretSerializer)
class RetireClientSecret(_Retire):
    """Ends a client secret."""

    model, shape = ClientSecret, shapes.ClientSecretSerializer
