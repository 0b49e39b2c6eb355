"""Which headers of a call are kept, and the one that names a delivery of Sentry's."""

from collections.abc import Mapping

_KEPT = frozenset({"request-id", "idempotency-key", "content-type", "user-agent"})
_KEPT_PREFIX = "sentry-hook-"
_MAX_LENGTH = 500
_MAX_KEY_LENGTH = 128


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Sentry's own headers and the content type: what a forwarded call needs, and nothing personal.

    A value that is not plain ASCII on one line is left out, since it could not be sent on as a header.
    """
    return {
        name: value
        for name, value in headers.items()
        if (name in _KEPT or name.startswith(_KEPT_PREFIX)) and _is_plain(value, _MAX_LENGTH)
    }


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Sentry's name for one delivery, the same in all its retries (getsentry/sentry sentry_apps/utils/idempotency.py)."""
    key = headers.get("idempotency-key", "").strip()
    return key if key and _is_plain(key, _MAX_KEY_LENGTH) else None


def _is_plain(value: str, limit: int) -> bool:
    return len(value) <= limit and value.isascii() and value.isprintable()
