"""The providers, as django-allauth finds them by the name of this module."""

from typing import Any

from allauth.socialaccount.providers.feishu.provider import FeishuProvider
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from relay_site.sso.dialogues import FeishuDialogue, OpenIDDialogue


def login_url(provider_id: str, **asked: str) -> str:
    """Where signing in begins."""
    url = reverse("sso-login", args=[provider_id])
    return f"{url}?{urlencode(asked)}" if asked else url


class OpenID(OpenIDConnectProvider):
    """Any OpenID Connect provider."""

    oauth2_adapter_class = OpenIDDialogue

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        """On our own pages."""
        return login_url(self.app.provider_id, **kwargs)


class Feishu(FeishuProvider):
    """People of a Feishu tenant."""

    oauth2_adapter_class = FeishuDialogue

    def get_oauth2_adapter(self, request: HttpRequest) -> FeishuDialogue:
        """For these hosts."""
        return FeishuDialogue(request, self.app.provider_id)

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        """On our own pages."""
        return login_url(self.app.provider_id, **kwargs)


class Lark(Feishu):
    """People of a Lark tenant."""

    id = "lark"
    name = "Lark"


provider_classes = [OpenID, Feishu, Lark]
