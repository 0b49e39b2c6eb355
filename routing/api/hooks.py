"""The receiver: raw bytes in, an answer out. No parser, no session, no redirect, and no status but our own."""

from collections.abc import Iterable
from typing import Any

import orjson
import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from integrations.registry import SOURCES
from routing.services.direct import receive_direct
from routing.services.ingest import answers
from routing.services.ingest.answers import Answer
from routing.services.receiving import Call, receive

_TEXT = {"type": "string"}
_RECEIPT = {
    "type": "object",
    "required": ["id", "status", "reason", "targets"],
    "properties": {
        "id": {"type": "integer", "description": "The inbound; of a duplicate, the first one's."},
        "status": {**_TEXT, "description": "A status of an inbound, or `duplicate`."},
        "reason": _TEXT,
        "targets": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "status", "reason", "severity"],
                "properties": {"name": _TEXT, "status": _TEXT, "reason": _TEXT, "severity": _TEXT},
            },
        },
        "advice": _TEXT,
    },
}
_REFUSAL = {
    "type": "object",
    "required": ["reason", "detail"],
    "properties": {"reason": _TEXT, "detail": {**_TEXT, "description": "What to do about it."}},
}
_REFUSALS = {
    401: "Nobody vouches for the call; it is kept in quarantine.",
    404: "The URL is not known.",
    413: "The body is too large.",
    415: "The body is compressed.",
    503: "The webhook could not be stored just now.",
}

log = structlog.get_logger(__name__)


class _NoNegotiation(BaseContentNegotiation):
    """Answers in JSON whatever the caller says it likes: a 406 would lose an alert."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The only renderer there is."""
        only = next(iter(renderers))
        return only, str(only.media_type)


class _RawView(APIView):
    """A view whose body nobody parses, and whose errors are ours."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    parser_classes = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = _NoNegotiation
    metadata_class = None
    http_method_names = ("post",)

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Tell what the URL is for."""
        return _reply(answers.wrong_method())

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Whatever happens on the way, such as a caller who hangs up, is no fault that a 4xx or 500 would tell of."""
        log.warning("a call could not be read", exc_info=exc)
        return _reply(answers.unavailable())


class ReceiverView(_RawView):
    """Receives the webhooks of one Sentry connection."""

    @extend_schema(
        operation_id="receive_webhook",
        summary="Receive a Sentry webhook",
        description="Takes Internal Integration webhooks (signed) and, where the connection allows it, the legacy "
        "WebHooks payload. The call is durable once it is answered.",
        tags=["receiver"],
        auth=[],
        request={"application/json": OpenApiTypes.OBJECT},
        responses={
            202: OpenApiResponse(_RECEIPT, "Stored."),
            **{status: OpenApiResponse(_REFUSAL, text) for status, text in _REFUSALS.items()},
        },
    )
    def post(self, request: Request, hook_key: str) -> HttpResponse:
        """Store a webhook and answer what becomes of it."""
        return _reply(_too_large(request) or receive(_call(request, hook_key)))


class HookView(_RawView):
    """The drop-in for the relay that takes its bot's URL with every call."""

    @extend_schema(
        operation_id="receive_hook",
        summary="Receive a legacy webhook for one Feishu bot",
        description="Goes straight to the configured target with the bot URL given, or to the default targets of the "
        "connection named hook. Nothing is ever sent to a URL that is no target's.",
        tags=["receiver"],
        auth=[],
        parameters=[OpenApiParameter("feishu", OpenApiTypes.URI, description="The webhook URL of a configured bot.")],
        request={"application/json": OpenApiTypes.OBJECT},
        responses={
            201: OpenApiResponse(_RECEIPT, "Stored."),
            **{status: OpenApiResponse(_REFUSAL, text) for status, text in _REFUSALS.items()},
        },
    )
    def post(self, request: Request) -> HttpResponse:
        """Store a webhook and answer what becomes of it."""
        answer = _too_large(request) or receive_direct(_call(request), request.GET.get("feishu", ""))
        return _reply(answer, 201 if answer.status == 202 else answer.status)


def _call(request: Request, hook_key: str = "") -> Call:
    plain = request._request
    headers = {
        name[5:].replace("_", "-").lower(): value for name, value in plain.META.items() if name.startswith("HTTP_")
    }
    headers["content-type"] = plain.META.get("CONTENT_TYPE", "")
    return Call(hook_key=hook_key, headers=headers, body=_body(plain), received_at=timezone.now())


def _limit() -> int:
    return int(settings.MAX_BODY_MB) * 1024 * 1024


def _too_large(request: Request) -> Answer | None:
    """The refusal of a body that says it is too large, before a byte of it is read."""
    declared = str(request.META.get("CONTENT_LENGTH") or "")
    is_over = declared.isdigit() and int(declared) > _limit()
    return answers.too_large(settings.MAX_BODY_MB) if is_over else None


def _body(request: HttpRequest) -> bytes:
    """The exact bytes, one more than the limit at most. Servers give a chunked body a length, or an end."""
    environ = request.META
    if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
        return bytes(environ["wsgi.input"].read(_limit() + 1))
    return request.read(_limit() + 1)


def _reply(answer: Answer, status: int | None = None) -> HttpResponse:
    content = orjson.dumps(answer.payload)
    return HttpResponse(
        content,
        content_type="application/json",
        status=status or answer.status,
        # Without a length the server would have to end the connection to end the answer.
        headers={
            **answer.headers,
            **SOURCES["sentry"].reply_headers(answer.error, answer.project_id),
            "Content-Length": str(len(content)),
        },
    )


receiver, hook = ReceiverView.as_view(), HookView.as_view()

urlpatterns = [
    path("webhooks/sentry/<str:hook_key>", ReceiverView.as_view(schema=None)),  # described once, with the slash
    path("webhooks/sentry/<str:hook_key>/", receiver, name="receiver"),
    path("hook", HookView.as_view(schema=None)),
    path("hook/", hook, name="hook"),
]
