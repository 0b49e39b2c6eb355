"""Which headers of a call are kept, the one that names a delivery of Sentry's, and those that Sentry reads of a reply."""

from collections.abc import Mapping

_KEPT = frozenset({"request-id", "idempotency-key", "content-type", "user-agent"})
_KEPT_PREFIX = "sentry-hook-"
_MAX_LENGTH = 500
_MAX_KEY_LENGTH = 128
_MAX_ERROR_LENGTH = 64


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


def reply_headers(error: str, project_id: int | None) -> dict[str, str]:
    """What Sentry notes of a reply in its log of an integration's requests: the error, and the project by number
    (getsentry/sentry utils/sentry_apps/webhooks.py). Anything but plain text on one line is made so, and cut.
    """
    headers = {}
    plain = "".join(each if each.isascii() and each.isprintable() else "?" for each in error[:_MAX_ERROR_LENGTH])
    if plain.strip():
        headers["Sentry-Hook-Error"] = plain.strip()
    if project_id is not None and 0 < project_id < 2**63:
        headers["Sentry-Hook-Project"] = str(project_id)
    return headers


def _is_plain(value: str, limit: int) -> bool:
    return len(value) <= limit and value.isascii() and value.isprintable()
