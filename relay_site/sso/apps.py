"""The application that brings our providers to django-allauth."""

from django.apps import AppConfig


class SingleSignOnConfig(AppConfig):
    """No tables of its own."""

    name = "relay_site.sso"
    label = "sso"
