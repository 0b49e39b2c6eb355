"""The admin site: its names, and what every page shows."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from relay_site.login import BrakedLoginForm
from routing.selectors.dashboard import dashboard
from routing.selectors.workers import work_state


class RelayAdminSite(AdminSite):
    """The stock admin under the product's name, with a red bar on every page while nobody works."""

    site_title = _("Alert Relay")
    site_header = _("Alert Relay")
    index_title = _("Dashboard")
    index_template = "admin/dashboard.html"
    login_form = BrakedLoginForm
    enable_nav_sidebar = True

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page knows: the state of the work, for those who are logged in."""
        context = super().each_context(request)
        if request.user.is_authenticated:
            context["work"] = work_state(timezone.now())
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard above the list of everything."""
        numbers = {"dashboard": dashboard(timezone.now())} if request.user.is_authenticated else {}
        return super().index(request, {**(extra_context or {}), **numbers})
