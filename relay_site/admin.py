"""The admin site: its names, and what every page shows."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from relay_site.login import BrakedLoginForm
from routing.selectors.dashboard import dashboard
from routing.selectors.leaks import may_change_keys
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

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The stock menu, with the page for a leaked key for those who may change keys."""
        apps = super().get_app_list(request, app_label)
        page = {
            "name": _("A key has leaked"),
            "object_name": "KeyLeak",
            "perms": {"view": True},
            "admin_url": reverse("key_leak"),
            "add_url": None,
            "view_only": True,
        }
        for app in apps if may_change_keys(request.user) else ():
            if app["app_label"] == "routing":
                app["models"].append(page)
        return list(apps)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The dashboard above the list of everything."""
        numbers = {"dashboard": dashboard(timezone.now())} if request.user.is_authenticated else {}
        return super().index(request, {**(extra_context or {}), **numbers})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The login page, with a way in for each provider of single sign-on."""
        following = request.GET.get(REDIRECT_FIELD_NAME, "")
        known = {"sign_on": sign_on_choices(following), "password_login": settings.PASSWORD_LOGIN}
        return super().login(request, {**(extra_context or {}), **known})

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Not the tables of django-allauth: providers come from the environment, and their secrets stay there."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        ours = [model for model in models if model._meta.app_label not in {"account", "socialaccount"}]
        if ours:
            super().register(ours, admin_class, **options)


def sign_on_choices(following: str) -> list[dict[str, str]]:
    """Name and address of each provider of single sign-on."""
    apps = [app for provider in settings.SOCIALACCOUNT_PROVIDERS.values() for app in provider["APPS"]]
    asked = f"?{urlencode({'next': following})}" if following else ""
    return [{"name": app["name"], "url": f"{reverse('sso-login', args=[app['provider_id']])}{asked}"} for app in apps]
