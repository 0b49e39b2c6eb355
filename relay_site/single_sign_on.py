"""Single sign-on from the environment: which providers there are, and whose groups have which role."""

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from relay_site.environment import env, secret

ROLES = ("viewer", "operator", "administrator")
FEISHU_URLS = ["https://accounts.feishu.cn", "https://open.feishu.cn"]
LARK_URLS = ["https://accounts.larksuite.com", "https://open.larksuite.com"]
PEOPLE = ["tenant_key", "open_id", "union_id", "user_id", "enterprise_email"]
"""What Feishu and Lark tell of somebody that a role may be given to; they tell no groups."""


def providers() -> dict[str, dict[str, Any]]:
    """Provider -> its settings for django-allauth, for each that has an id in the environment.

    Raises ImproperlyConfigured when one is named by half, or the extra is not installed.
    """
    apps: dict[str, dict[str, Any]] = {}
    if client_id := env.str("SSO_OIDC_CLIENT_ID", default=""):
        url = env.str("SSO_OIDC_URL", default="")
        if not url:
            raise ImproperlyConfigured("SSO_OIDC_CLIENT_ID needs SSO_OIDC_URL, the address of the OpenID provider.")
        name = env.str("SSO_OIDC_NAME", default="OpenID Connect")
        claims = env.list("SSO_GROUPS_CLAIM", default=["groups"])
        apps["openid_connect"] = _app("oidc", client_id, secret("SSO_OIDC_CLIENT_SECRET"), name, claims, server_url=url)
    if client_id := env.str("SSO_FEISHU_APP_ID", default=""):
        urls = env.list("SSO_FEISHU_URLS", default=FEISHU_URLS)
        apps["feishu"] = _app("feishu", client_id, secret("SSO_FEISHU_APP_SECRET"), "飞书", PEOPLE, urls=urls)
    if client_id := env.str("SSO_LARK_APP_ID", default=""):
        urls = env.list("SSO_LARK_URLS", default=LARK_URLS)
        apps["lark"] = _app("lark", client_id, secret("SSO_LARK_APP_SECRET"), "Lark", PEOPLE, urls=urls)
    if apps and find_spec("allauth") is None:
        raise ImproperlyConfigured("Single sign-on needs the extra sso: see docs/single-sign-on.md.")
    return apps


def _app(
    provider_id: str, client_id: str, client_secret: str, name: str, claims: list[str], **more: Any
) -> dict[str, Any]:
    if not client_secret:
        raise ImproperlyConfigured(f"Single sign-on with {name}: the secret is missing, see docs/single-sign-on.md.")
    if len(more.get("urls", [1, 2])) != 2:
        raise ImproperlyConfigured("Give two addresses, with a comma: of the accounts and of the open platform.")
    app = {
        "provider_id": provider_id,
        "client_id": client_id,
        "secret": client_secret,
        "name": name,
        "settings": {**more, "claims": claims},
    }
    return {"APPS": [app], "OAUTH_PKCE_ENABLED": True}


def role_groups() -> dict[str, list[str]]:
    """Role -> the provider's groups (or people) that have it."""
    return {
        "viewer": env.list("SSO_VIEWER_GROUPS", default=[]),
        "operator": env.list("SSO_OPERATOR_GROUPS", default=[]),
        "administrator": env.list("SSO_ADMINISTRATOR_GROUPS", default=[]),
    }


def default_role() -> str:
    """The role of those who are in none of these groups; empty: they are refused. Raises ImproperlyConfigured."""
    role = env.str("SSO_DEFAULT_ROLE", default="")
    if role and role not in ROLES:
        raise ImproperlyConfigured(f"SSO_DEFAULT_ROLE must be one of {', '.join(ROLES)}, not {role!r}.")
    return str(role)
