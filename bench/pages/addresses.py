"""Which pages are timed: every list and page of one thing, each kind of search and filter, the dashboard, and the API's lists."""

from collections.abc import Iterator
from typing import Any, NamedTuple

CHOICES = 12
"""Choices of one filter that are tried: the first ones."""


class Page(NamedTuple):
    """One address, and what it is called in the report."""

    name: str
    path: str


def pages() -> Iterator[Page]:
    """All of them; needs Django to be set up, as everything here does."""
    yield Page("dashboard", "/admin/")
    yield from _lists()
    yield from _things()
    yield from _searches()
    yield from _filters()
    yield from _api()


def _lists() -> Iterator[Page]:
    from django.contrib import admin

    for model in admin.site._registry:
        if model._meta.app_label == "routing":
            name = model._meta.model_name
            yield Page(f"list: {name}", f"/admin/routing/{name}/")
    for name in ("inbound", "delivery", "attempt", "thread"):
        yield Page(f"list: {name}, page 20", f"/admin/routing/{name}/?p=20")


def _things() -> Iterator[Page]:
    from django.contrib import admin

    for model in admin.site._registry:
        if model._meta.app_label != "routing":
            continue
        newest = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        name = model._meta.model_name
        if newest is not None:
            yield Page(f"page of one: {name}", f"/admin/routing/{name}/{newest}/change/")
            if hasattr(model, "history"):
                yield Page(f"history of one: {name}", f"/admin/routing/{name}/{newest}/history/")
    busy = _busiest_thread()
    if busy is not None:
        yield Page("page of one: thread, the busiest of the last ones", f"/admin/routing/thread/{busy}/change/")


def _busiest_thread() -> int | None:
    from routing.models import Thread

    return Thread.objects.filter(is_open=True).order_by("-next_sequence").values_list("pk", flat=True).first()


def _searches() -> Iterator[Page]:
    from urllib.parse import quote

    from routing.models import Inbound

    middle = Inbound.objects.filter(status="routed", resource="event_alert", pk__gt=_middle()).order_by("pk").first()
    over = Inbound.objects.exclude(short_id="").filter(pk__gt=_middle()).order_by("pk").first()
    if middle is None or over is None:
        return
    kinds = {
        "issue id": middle.issue_id,
        "number of a webhook": str(middle.pk),
        "short id": over.short_id,
        "event id": middle.event_id,
        "request id": middle.request_id,
        "alert key": middle.alert_key,
        "pasted Sentry URL": f"https://acme.sentry.io/issues/{middle.issue_id}/?project=1",
        "pasted URL of an event": f"https://acme.sentry.io/issues/{middle.issue_id}/events/{middle.event_id}/",
        "pasted link of ours": f"https://relay.example.com/admin/routing/inbound/{middle.pk}/change/",
        "title, many": "order service",
        "title, one": middle.title,
        "title, none": "nothing is called like this",
    }
    for kind, text in kinds.items():
        for name in ("inbound", "delivery"):
            yield Page(f"search {name}: {kind}", f"/admin/routing/{name}/?q={quote(text)}")
    for kind in ("alert key", "title, many", "title, one", "title, none"):
        yield Page(f"search thread: {kind}", f"/admin/routing/thread/?q={quote(kinds[kind])}")
    yield Page("search attempt: provider code", "/admin/routing/attempt/?q=19021")
    yield Page("search attempt: provider code, none", "/admin/routing/attempt/?q=99999")


def _middle() -> int:
    from django.db.models import Max

    from routing.models import Inbound

    return int((Inbound.objects.aggregate(last=Max("pk"))["last"] or 0) // 2)


def _filters() -> Iterator[Page]:
    """Every choice of every filter of the log's lists."""
    from django.contrib import admin
    from django.test import RequestFactory

    from routing.models import Attempt, Delivery, Inbound, Thread

    for model in (Inbound, Delivery, Thread, Attempt):
        listing = admin.site._registry[model]
        request = RequestFactory().get("/")
        request.user = administrator()
        change_list = listing.get_changelist_instance(request)
        for spec in change_list.filter_specs:
            for choice in list(spec.choices(change_list))[:CHOICES]:
                if not choice["selected"]:
                    shown = f"{model._meta.model_name} by {spec.title}: {choice['display']}"
                    yield Page(
                        f"filter {shown}"[:90], f"/admin/routing/{model._meta.model_name}/{choice['query_string']}"
                    )


def _api() -> Iterator[Page]:
    from routing.models import Inbound

    some = Inbound.objects.filter(status="routed").order_by("-pk").first()
    if some is None:
        return
    asked: dict[str, dict[str, Any]] = {
        "inbounds": {"status": "failed", "reason": "malformed", "source": some.source_name, "project": some.project_slug, "target": "on-call", "kind": "flashduty", "resource": "issue", "alert_key": some.alert_key, "inbound": some.pk, "since": "2026-01-01"},
        "deliveries": {"status": "dead", "reason": "bad_signature", "source": some.source_name, "project": some.project_slug, "target": "on-call", "kind": "flashduty", "resource": "issue", "alert_key": some.alert_key, "inbound": some.pk, "since": "2026-01-01"},
        "threads": {"open": "true", "source": some.source_name, "project": some.project_slug, "target": "on-call", "alert_key": some.alert_key},
    }  # fmt: skip
    for name, filters in asked.items():
        yield Page(f"API {name}", f"/api/v1/{name}/")
        for key, value in filters.items():
            yield Page(f"API {name} by {key}", f"/api/v1/{name}/?{key}={value}")
    for name in ("sources", "projects", "targets", "rules", "silences"):
        yield Page(f"API {name}", f"/api/v1/{name}/")


def administrator() -> Any:
    """Whose pages are timed."""
    from django.contrib.auth.models import User

    found, _is_new = User.objects.get_or_create(username="bench-pages", is_staff=True, is_superuser=True)
    return found
