"""The calls that Sentry makes while somebody edits an alert rule with our action in it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from routing.services.ingest.answers import Answer
from routing.services.setup import choosing


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


def _reply(answer: Answer) -> HttpResponse:
    return JsonResponse(answer.payload, safe=False, status=answer.status)


@csrf_exempt
@require_GET
def target_options(request: HttpRequest, hook_key: str) -> HttpResponse:
    """The targets to choose from."""
    return _reply(choosing.targets(hook_key, _headers(request), request.GET.get("query", "")))


@csrf_exempt
@require_GET
def severity_options(request: HttpRequest, hook_key: str) -> HttpResponse:
    """The severities to choose from."""
    return _reply(choosing.severities(hook_key, _headers(request), request.GET.get("query", "")))


@csrf_exempt
@require_POST
def settings_saved(request: HttpRequest, hook_key: str) -> HttpResponse:
    """Whether the chosen settings can be used."""
    return _reply(choosing.save(hook_key, _headers(request), request.body))


ROOT = r"^webhooks/sentry/(?P<hook_key>[^/]+)/alert-rule-action"
urlpatterns: list[Any] = [
    re_path(rf"{ROOT}/?$", settings_saved, name="alert-rule-action"),
    re_path(rf"{ROOT}/targets/?$", target_options, name="alert-rule-action-targets"),
    re_path(rf"{ROOT}/severities/?$", severity_options, name="alert-rule-action-severities"),
]
