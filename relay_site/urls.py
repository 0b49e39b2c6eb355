"""Every URL there is: the application's own API and receiver, and the admin."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/key-leak/", include("routing.admin.leaks")),
    path("admin/", admin.site.urls),
    path("", include("routing.api.urls")),
]
if settings.SOCIALACCOUNT_PROVIDERS:
    urlpatterns.append(path("sso/", include("relay_site.sso.urls")))
