"""What is spoken with each provider: OpenID Connect with every signature checked, and Feishu's and Lark's OAuth 2."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse


def callback_url(provider_id: str) -> str:
    """Where a provider sends people back to: what is registered there, whatever Host the call came under."""
    return f"{settings.PUBLIC_URL}{reverse('sso-callback', args=[provider_id])}"


class OpenIDDialogue(OpenIDConnectOAuth2Adapter):
    """The code flow of OpenID Connect Core 1.0."""

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Under PUBLIC_URL."""
        return callback_url(app.provider_id)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who it is, by a signed id_token and the userinfo of the same subject; raises OAuth2Error."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("no id_token")
        data = {"id_token": self._decode_id_token(app, id_token)}
        if "userinfo_endpoint" in self.openid_config:
            info = self._fetch_user_info(token.token)
            if not isinstance(info, dict) or info.get("sub") != data["id_token"].get("sub"):
                raise OAuth2Error("userinfo is about somebody else")  # OpenID Connect Core 1.0, 5.3.2
            data["userinfo"] = {**data["id_token"], **info}
        return self.get_provider().sociallogin_from_response(request, data)

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwtkit.verify_and_decode(
                credential=id_token,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
                verify_signature=True,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("the id_token cannot be read") from error
        return claims


class FeishuClient(OAuth2Client):
    """Feishu's token endpoint takes JSON: open.feishu.cn, authen/v2/oauth/token."""

    def get_access_token(
        self, code: str, pkce_code_verifier: str | None = None, extra_data: Any = None
    ) -> dict[str, Any]:
        """The answer with the token; raises OAuth2Error."""
        asked = {
            "grant_type": "authorization_code",
            "client_id": self.consumer_key,
            "client_secret": self.consumer_secret,
            "code": code,
            "redirect_uri": self.callback_url,
            **({"code_verifier": pkce_code_verifier} if pkce_code_verifier else {}),
        }
        with get_adapter().get_requests_session() as session:
            return _told(session.post(self.access_token_url, json=asked), "access_token")


class FeishuDialogue(OAuth2Adapter):
    """Feishu's and Lark's OAuth 2: the same words at other hosts."""

    client_class = FeishuClient

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request)
        self.provider_id = provider_id
        accounts, platform = self.get_provider().app.settings["urls"]
        self.authorize_url = f"{accounts.rstrip('/')}/open-apis/authen/v1/authorize"
        self.access_token_url = f"{platform.rstrip('/')}/open-apis/authen/v2/oauth/token"
        self.user_info_url = f"{platform.rstrip('/')}/open-apis/authen/v1/user_info"

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """Under PUBLIC_URL."""
        return callback_url(self.provider_id)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who it is; raises OAuth2Error."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.user_info_url, headers={"Authorization": f"Bearer {token.token}"})
            person = _told(answer, "data")["data"]
        if not isinstance(person, dict) or not isinstance(person.get("open_id"), str):
            raise OAuth2Error("no open_id")
        return self.get_provider().sociallogin_from_response(request, person)


def _told(answer: Any, key: str) -> dict[str, Any]:
    """A successful answer that has this key; raises OAuth2Error, without the answer: it may hold a token."""
    try:
        body = answer.json()
    except ValueError as error:
        raise OAuth2Error(f"HTTP {answer.status_code} without JSON") from error
    if not isinstance(body, dict) or body.get("code", 0) != 0 or key not in body:
        code = body.get("code") if isinstance(body, dict) else None
        raise OAuth2Error(f"HTTP {answer.status_code}, code {code}")
    return body
