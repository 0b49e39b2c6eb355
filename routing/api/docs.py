"""The API's description, in public: the document and two pages that draw it, with no outside host."""

from typing import Any

from django.conf import settings
from django.urls import path
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

_REDOC_CSP = {
    **settings.SECURE_CSP,
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "worker-src": ["'self'", "blob:"],
}
"""Redoc writes its styles into the page; that page alone may."""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself by its class
    """How a call names its token."""

    target_class = "routing.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


class Description(SpectacularAPIView):
    """The OpenAPI document."""

    renderer_classes = [OpenApiJsonRenderer]


class Redoc(SpectacularRedocView):
    """The description as one long page."""

    template_name = "routing/api/redoc.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The page, with a content policy of its own."""
        response: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]
        policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in _REDOC_CSP.items())
        response.headers["Content-Security-Policy"] = policy
        return response


urlpatterns = [
    path("api/v1/openapi.json", Description.as_view(), name="openapi"),
    path("api/v1/docs", SpectacularSwaggerSplitView.as_view(url_name="openapi"), name="docs"),
    path("api/v1/redoc", Redoc.as_view(url_name="openapi"), name="redoc"),
]
