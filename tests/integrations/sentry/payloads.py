"""The payload files, as calls: what Sentry would put on the wire."""

import json
from pathlib import Path
from typing import Any

from integrations.sentry.resources import GLITCHTIP, LEGACY, SERVICE_HOOK

FOLDER = Path(__file__).parents[2] / "fixtures" / "sentry"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))

NO_ACTIONS: frozenset[str] = frozenset()
ALL_ISSUE_ACTIONS = frozenset({"created", "unresolved", "archived"})


def compact(document: Any) -> bytes:
    """A document as Sentry serialises it: no blanks, ASCII only."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=True).encode()


def load(name: str) -> dict[str, Any]:
    """One payload file, parsed."""
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return document


def resource_in(name: str) -> str:
    """The resource that a file's name says."""
    return name.partition("__")[0].partition(".")[0]


def headers_for(name: str) -> dict[str, str]:
    """The headers of the call a file stands for, without the signature."""
    resource = resource_in(name)
    if resource in (LEGACY, SERVICE_HOOK, GLITCHTIP):
        return {"content-type": "application/json"}
    return {"content-type": "application/json", "sentry-hook-resource": resource}


def call(name: str) -> tuple[bytes, dict[str, str]]:
    """(body, headers) of the call a file stands for."""
    return compact(load(name)), headers_for(name)
