"""What wraps every request: the receiver's freedom from host checks, and the content security policy."""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import activate, get_language_from_request

from routing.api import hooks
from routing.patience import patience
from routing.services.ingest import turns

Handler: TypeAlias = Callable[[HttpRequest], HttpResponse]

ANY_HOST = ("/webhooks/", "/hook", "/health/", "/metrics")
"""The receiver, and what machines ask by address rather than by name."""

RECEIVER = ("webhooks/", "hook")

STATEMENT_SECONDS = 20.0
"""How long a page waits for one answer of the database: a server that froze must not hold all threads of the process."""


def database_is_not_waited_for_long(get_response: Handler) -> Handler:
    """Give up a page whose database is silent, so that its thread is free for the next webhook."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with patience(each=STATEMENT_SECONDS):
            return get_response(request)

    return middleware


def receiver_answers_any_host(get_response: Handler) -> Handler:
    """Let the receiver answer under any Host header: a wrong one must not cost an alert."""
    own_host = urlsplit(settings.PUBLIC_URL).netloc

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(ANY_HOST):
            request.META["HTTP_HOST"] = own_host
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return get_response(request)

    return middleware


def receiver_goes_straight(get_response: Handler) -> Handler:
    """Hand the receiver's calls to its views at once: sessions, accounts and pages would only cost them time."""

    def middleware(request: HttpRequest) -> HttpResponse:
        path = request.path_info.removeprefix("/")
        for pattern in hooks.urlpatterns if path.startswith(RECEIVER) else ():
            match = pattern.resolve(path)
            if match is not None:
                activate(get_language_from_request(request))
                with turns.taken():
                    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
                response.headers["X-Content-Type-Options"] = "nosniff"
                return response
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


def operators_zone(get_response: Handler) -> Handler:
    """Show and read times of the admin in the zone that the browser told in the cookie `zone`, else in TIME_ZONE."""
    known = cache(available_timezones)

    def middleware(request: HttpRequest) -> HttpResponse:
        told = unquote(request.COOKIES.get("zone", "")) if request.path_info.startswith("/admin/") else ""
        if told not in known():
            return get_response(request)
        with timezone.override(ZoneInfo(told)):
            return get_response(request)

    return middleware
