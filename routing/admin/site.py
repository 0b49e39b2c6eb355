"""Our admin site: names, and what every page shows."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class RelayAdminSite(AdminSite):
    """The stock admin under the product's name."""

    site_title = _("Alert Relay")
    site_header = _("Alert Relay")
    index_title = _("Dashboard")
