"""The alert key: what identifies one problem over time."""

import hashlib
from typing import Literal

_VERSION = "1"
_LENGTH = 40


def alert_key(source: str, kind: Literal["issue", "metric"], *identity: str) -> str:
    """40 hex digits that depend on the source's name, the kind and the identity alone.

    The identity is `("id", <issue or alert rule id>)`; what stands in for a missing id has another first word, so
    that the two never meet. Parts are free of control characters, which makes the separator unambiguous.
    """
    told = "\x1f".join((_VERSION, source, kind, *identity))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:_LENGTH]


def body_identity(body: bytes) -> tuple[str, str]:
    """The identity of what names nothing at all: every such body is a problem of its own, and merges with none."""
    return "body", hashlib.sha256(body).hexdigest()
