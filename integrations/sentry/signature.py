"""Who called: HMAC-SHA256 over the exact bytes, keyed with the integration's client secret."""

import hmac
from collections.abc import Mapping

WEBHOOK_HEADER = "sentry-hook-signature"
COMPONENT_HEADER = "sentry-app-signature"
SERVICE_HOOK_HEADER = "x-servicehook-signature"

_SIGNATURE_HEADERS = (WEBHOOK_HEADER, COMPONENT_HEADER, SERVICE_HOOK_HEADER)


def is_signed(headers: Mapping[str, str]) -> bool:
    """True when any of Sentry's signature headers is there, right or wrong, even empty: it must then verify."""
    return any(name in headers for name in _SIGNATURE_HEADERS)


def sign(body: bytes, secret: str) -> str:
    """The lower-case hex signature Sentry puts on a body (getsentry/sentry models/sentry_app.py)."""
    return hmac.digest(secret.encode("utf-8", "surrogatepass"), body, "sha256").hex()


def verify(body: bytes, headers: Mapping[str, str], secrets: tuple[str, ...]) -> int | None:
    """The index of the secret that signed a webhook's exact bytes, or None; never raises."""
    return signing_secret(body, headers.get(WEBHOOK_HEADER, ""), secrets)


def signing_secret(body: bytes, signature: str, secrets: tuple[str, ...]) -> int | None:
    """The index of the first secret whose signature this is, or None. An empty secret signs nothing.

    All secrets are tried whatever the first says, so that the time tells nothing about which one matched.
    """
    given = signature.encode("utf-8", "surrogatepass")
    found: int | None = None
    for index, secret in enumerate(secrets):
        if not secret.strip():
            continue
        if hmac.compare_digest(sign(body, secret).encode(), given) and found is None:
            found = index
    return found
