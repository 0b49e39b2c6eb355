"""The page for a key that has leaked: a row for each thing to change, its steps, its buttons, and a tick when it is done."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from routing.admin.acting import acting_user
from routing.admin.wording import UNOPENED
from routing.fields import UnsealingError
from routing.models import ApiToken, ClientSecret, HookKey, Source
from routing.selectors.leaks import current_leak, holders, may_change_keys
from routing.services.setup import leaks, sources, tokens

View = Callable[..., HttpResponse]


def _for_administrators(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_change_keys(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return admin.site.admin_view(guarded)


def show(request: HttpRequest) -> HttpResponse:
    """Everything that gives access; changes nothing."""
    leak = current_leak()
    rows = holders(leak)
    context = {
        "title": _("A key has leaked"),
        "leak": leak,
        "holders": rows,
        "done": sum(row.is_done for row in rows),
        "urls": _hook_urls(rows),
        "now": timezone.localtime(),
    }
    return _page(request, "page", context)


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Note from when on things count as changed."""
    since = _moment(request.POST.get("since", ""))
    if since is None or since > timezone.now():
        messages.error(request, _("Give the time before which everything may have leaked; it cannot be in the future."))
    else:
        leaks.begin(actor=acting_user(request), since=since)
    return _back()


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Note that it is dealt with."""
    leaks.end(actor=acting_user(request))
    messages.success(request, _("Noted. The audit trail says who changed what."))
    return _back()


@require_POST
def add_hook_key(request: HttpRequest, source: int) -> HttpResponse:
    """A second hook URL."""
    leaks.add_hook_key(get_object_or_404(Source, pk=source), actor=acting_user(request))
    messages.success(request, _("Both hook URLs are valid now. Paste the new one into Sentry."))
    return _back()


@require_POST
def add_client_secret(request: HttpRequest, source: int) -> HttpResponse:
    """A second client secret."""
    found = get_object_or_404(Source, pk=source)
    try:
        leaks.add_client_secret(found, request.POST.get("secret", ""), actor=acting_user(request))
        messages.success(request, _("Both client secrets are valid now."))
    except ValueError:
        messages.error(request, _("Paste the new client secret first."))
    return _back()


@require_POST
def replace_token(request: HttpRequest, token: int) -> HttpResponse:
    """A second token, whose text is shown once."""
    made, text = leaks.replace_token(get_object_or_404(ApiToken, pk=token), actor=acting_user(request))
    return _page(request, "token", {"title": made.name, "token": text})


def finish(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """GET asks whether to end the old one; POST does."""
    item: Any = get_object_or_404(OLD[kind], pk=pk)
    if request.method != "POST":
        return _page(request, "confirm", {"title": _("End the old one"), "kind": kind, "item": item})
    actor = acting_user(request)
    try:
        if kind == "token":
            tokens.revoke(item, actor=actor)
        elif kind == "user":
            _lock(request, item)
        else:
            leaks.retire(item, actor=actor)
        messages.success(request, _("Done. The change is in force for the next call."))
    except leaks.LastOne:
        messages.error(request, _("It is the only valid one: add the new one first, or Sentry is refused."))
    return _back()


def _lock(request: HttpRequest, user: Any) -> None:
    if user.pk == request.user.pk:
        raise PermissionDenied
    leaks.lock_user(user, actor=acting_user(request))


def _hook_urls(rows: Any) -> dict[int, str]:
    found = {}
    for key in (key for row in rows if row.kind == "hook_key" for key in row.keys):
        try:
            found[key.id] = sources.hook_url(key.row)
        except UnsealingError:
            found[key.id] = str(UNOPENED)
    return found


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or found.year < 2000:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("key_leak"))


def _page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, f"admin/leaks/{name}.html", {**admin.site.each_context(request), **context})


OLD: dict[str, Any] = {
    "client_secret": ClientSecret.objects.filter(retired_at=None).select_related("source"),
    "hook_key": HookKey.objects.filter(retired_at=None).select_related("source"),
    "token": ApiToken,
    "user": get_user_model(),
}
"""What can be ended from the page."""

urlpatterns = [
    path("", _for_administrators(show), name="key_leak"),
    path("begin/", _for_administrators(begin), name="key_leak_begin"),
    path("end/", _for_administrators(end), name="key_leak_end"),
    path("hook-key/<int:source>/", _for_administrators(add_hook_key), name="key_leak_hook_key"),
    path("client-secret/<int:source>/", _for_administrators(add_client_secret), name="key_leak_client_secret"),
    path("token/<int:token>/", _for_administrators(replace_token), name="key_leak_token"),
    *[
        path(f"finish/{kind}/<int:pk>/", _for_administrators(finish), {"kind": kind}, name=f"key_leak_finish_{kind}")
        for kind in OLD
    ],
]
