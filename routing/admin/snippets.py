"""The page that turns a received webhook into a routing test for the configuration file."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from routing.admin.acting import acting_user
from routing.fields import UnsealingError
from routing.models import Inbound
from routing.services import auditing
from routing.services.ingest import bodies
from routing.services.snippets import is_testable, payload_path, routing_test


class RoutingTestPage:
    """Adds the page to the admin of received webhooks."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> list[URLPattern]:
        """The page before the stock ones."""
        view, stock = self.admin_site.admin_view, super().get_urls()  # type: ignore[misc]
        return [path("<int:inbound_id>/test/", view(self.routing_test_view), name="routing_inbound_test"), *stock]

    def routing_test_view(self, request: HttpRequest, inbound_id: int) -> HttpResponse:
        """The test with the path of its payload; by POST with the payload itself, for those who may see it."""
        admin: Any = self
        inbound = get_object_or_404(Inbound, pk=inbound_id)
        if not admin.has_view_permission(request, inbound):
            raise PermissionDenied
        if not is_testable(inbound):
            raise Http404
        inline, may_see_body = request.method == "POST", request.user.has_perm("routing.view_body")
        if inline and not may_see_body:
            raise PermissionDenied
        call = _call(inbound)
        if inline:
            auditing.record(actor=acting_user(request), action="view_body", obj=inbound)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Routing test"),
            "opts": self.opts,
            "inbound": inbound,
            "snippet": routing_test(inbound, call, inline=inline),
            "path": payload_path(inbound),
            "is_gone": call is None,
            "offers_inline": may_see_body and not inline and call is not None,
            "may_see_body": may_see_body,
        }
        return TemplateResponse(request, "admin/routing/inbound/test.html", context)


def _call(inbound: Inbound) -> Any:
    try:
        return bodies.of_inbound(inbound)
    except UnsealingError:
        return None
