"""What Django loads."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoutingConfig(AppConfig):
    """The application."""

    name = "routing"
    verbose_name = _("Alert Relay")

    def ready(self) -> None:
        """Register the system checks."""
        from routing import checks  # noqa: F401 - importing registers them
