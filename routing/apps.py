"""What Django loads: the application, and the admin site with our faces on it."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class RoutingConfig(AppConfig):
    """The application."""

    name = "routing"
    verbose_name = _("Alert Relay")

    def ready(self) -> None:
        """Register the system checks."""
        from routing import checks  # noqa: F401 - importing registers them


class RelayAdminConfig(AdminConfig):
    """Django's admin with our site class."""

    default_site = "routing.admin.site.RelayAdminSite"
