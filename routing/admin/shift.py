"""A shift as one link: what happened between two moments that stand in the address, so that it stays right in a chat."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from routing.selectors.hand_over import LISTED, shift

LONGEST = timedelta(days=31)


def shift_link(since: datetime, until: datetime) -> str:
    """The whole address of a span, in UTC: right for whoever opens it, whenever."""
    page = reverse("admin:routing_openthread_shift")
    return f"{settings.PUBLIC_URL}{page}?{urlencode({'from': _stamp(since), 'to': _stamp(until)})}"


class ShiftPage:
    """Adds the page to the admin of open alerts."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view, super().get_urls()  # type: ignore[misc]
        return [path("shift/", view(self.shift_view), name="routing_openthread_shift"), *stock]

    def shift_view(self, request: HttpRequest) -> HttpResponse:
        """The span of `from` and `to`; without them the last 12 hours, under their permanent address."""
        for permission in ("routing.view_thread", "routing.view_inbound", "routing.view_delivery"):
            if not request.user.has_perm(permission):
                raise PermissionDenied
        now = timezone.now()
        since = _moment(request.GET.get("from", "")) if "from" in request.GET else now - timedelta(hours=12)
        until = _moment(request.GET.get("to", "")) if "to" in request.GET else now
        if since is None or until is None or not timedelta() < until - since <= LONGEST:
            wrong = _("Give two times, the second after the first, at most 31 days apart.")
            return self._page(request, {"wrong": wrong, "since": since, "until": until}, status=400)
        if not all(request.GET.get(name, "").endswith("Z") for name in ("from", "to")):
            return HttpResponseRedirect(shift_link(since, until).removeprefix(settings.PUBLIC_URL))
        context = {
            "shift": shift(since, until),
            "since": since,
            "until": until,
            "link": shift_link(since, until),
            "inbounds": _log("inbound", "received_at", since, until),
            "deliveries": _log("delivery", "created_at", since, until),
            "listed": LISTED,
        }
        return self._page(request, context)

    def _page(self, request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("A shift")}
        return TemplateResponse(request, "admin/routing/openthread/shift.html", {**shared, **context}, status=status)


def _log(model: str, column: str, since: datetime, until: datetime) -> str:
    """The log of the span, as the stock date filter names it."""
    query = urlencode({f"{column}__gte": since.isoformat(), f"{column}__lt": until.isoformat()})
    return f"{reverse(f'admin:routing_{model}_changelist')}?{query}"


def _moment(text: str) -> datetime | None:
    """A time; one without zone is meant in the zone of the page. None for what is no time."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or not 2000 <= found.year <= 9000:
        return None
    return found if found.tzinfo else timezone.make_aware(found)


def _stamp(moment: datetime) -> str:
    """The next full minute, so that what came just now is part of it."""
    return (moment.astimezone(UTC) + timedelta(seconds=59)).strftime("%Y-%m-%dT%H:%MZ")
