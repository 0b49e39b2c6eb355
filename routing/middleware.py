"""What wraps every request: the receiver's freedom from host checks, and the content security policy."""

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler: TypeAlias = Callable[[HttpRequest], HttpResponse]

ANY_HOST = ("/webhooks/", "/hook", "/health/", "/metrics")
"""The receiver, and what machines ask by address rather than by name."""


def receiver_answers_any_host(get_response: Handler) -> Handler:
    """Let the receiver answer under any Host header: a wrong one must not cost an alert."""
    own_host = urlsplit(settings.PUBLIC_URL).netloc

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ANY_HOST):
            request.META["HTTP_HOST"] = own_host
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return get_response(request)

    return middleware


def content_security_policy(get_response: Handler) -> Handler:
    """Send SECURE_CSP with every page; a view that set a policy of its own keeps it."""
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
