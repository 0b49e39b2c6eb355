"""Who calls."""

from rest_framework.request import Request

from routing.models import ApiToken


def actor(request: Request) -> ApiToken:
    """The token of a call that permissions let through; raises TypeError for a call without one."""
    token = request.auth
    if not isinstance(token, ApiToken):
        raise TypeError("a view without a token has no actor")
    return token
