"""Bearer tokens of the REST API."""

from typing import NoReturn

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from routing.models import ApiToken
from routing.services.setup import tokens


def _refuse() -> NoReturn:
    raise AuthenticationFailed(_("The token is not valid or has expired. Make one with: manage.py create_token"))


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; the token is found by its SHA-256. Sets `request.auth`, never a user."""

    def authenticate(self, request: Request) -> tuple[None, ApiToken] | None:
        """The token of the call, None without the header; raises AuthenticationFailed for a wrong one."""
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            _refuse()
        token = tokens.find(words[1].decode("ascii", "replace"))
        if token is None:
            _refuse()
        return None, token

    def authenticate_header(self, request: Request) -> str:
        """Tells the caller what is wanted, with 401."""
        return 'Bearer realm="Alert Relay"'
