"""The face of the sandbox: what the demo's targets post to, and the page that shows it. 404 unless the demo is on."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.views.decorators import staff_member_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from integrations.sandbox.verdict import SandboxCall
from routing.selectors import sandbox as selectors
from routing.services.demo import sandbox

View = Callable[..., HttpResponseBase]


def while_on(view: View) -> View:
    """404 while the demo is off."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not selectors.is_on():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@csrf_exempt
@while_on
def receive(request: HttpRequest, kind: str, rest: str) -> HttpResponse:
    """Answer a target as its vendor would; `kind` is feishu or flashduty."""
    call = SandboxCall(
        method=request.method or "",
        path=f"/{rest}",
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body,
    )
    verdict = sandbox.receive(kind, call, timezone.now())
    return HttpResponse(verdict.body, status=verdict.status, headers=dict(verdict.headers))


@require_safe
@staff_member_required
@while_on
def chat(request: HttpRequest) -> HttpResponse:
    """What the group sees in the chat, and the on-call engineer at their alerts."""
    context = {"messages": selectors.conversation("feishu"), "events": selectors.conversation("flashduty")}
    return render(request, "sandbox/chat.html", context)


urlpatterns = [
    path("sandbox/", chat, name="sandbox"),
    path(f"sandbox/feishu/{sandbox.BOT}/<path:rest>", receive, {"kind": "feishu"}),
    path(f"sandbox/flashduty/{sandbox.BOT}/<path:rest>", receive, {"kind": "flashduty"}),
]
