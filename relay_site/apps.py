"""The admin application with our site class."""

from django.contrib.admin.apps import AdminConfig


class RelayAdminConfig(AdminConfig):
    """Django's admin with our site class."""

    default_site = "relay_site.admin.RelayAdminSite"
