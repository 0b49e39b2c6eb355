"""A message as a target would get it: rendered by the integration itself, unsigned, judged by the vendor's own rules."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import structlog

from integrations.contract import (
    ConfigError,
    Destination,
    Field,
    Message,
    OutboundRequest,
    OutcomeKind,
    Settings,
    Text,
)
from integrations.registry import DESTINATIONS
from integrations.sandbox.sight import drawable, look
from integrations.sandbox.verdict import SandboxCall
from routing.fields import UnsealingError
from routing.models import Target

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a target would be told."""

    kind: str
    seen: Mapping[str, Any] | None = None
    """As the pages of the sandbox draw it; None where there is nothing to draw."""
    body: str = ""
    """The body of the request, laid out for reading."""
    refusal: str = ""
    """Why the vendor would not take it, in the look-alike's words."""
    is_unsupported: bool = False
    """True where the target, as it is set up, gets the source's own call or nothing: none of our words."""
    errors: Mapping[str, Text] = field(default_factory=dict)
    """Settings that are unusable."""
    is_broken: bool = False
    """True where rendering failed: our mistake."""


def preview(
    message: Message, kind: str, settings: Settings, *, now: datetime, wishes: Mapping[str, str] | None = None,
    is_simple: bool = False,
) -> Preview:  # fmt: skip
    """The message as the kind renders it for a target with these settings, wishes laid over them; never raises.

    Credentials are left out before anything is rendered. `is_simple` is the form that follows a refusal.
    """
    destination = DESTINATIONS[kind]
    try:
        unsigned = _usable(destination, {**settings, **(wishes or {})})
        if destination.unsupported(message, unsigned) or not destination.own_severity(unsigned):
            return Preview(kind=kind, is_unsupported=True)
        request = destination.render(message, unsigned, now, OutcomeKind.SIMPLIFY if is_simple else None)
        return _looked_at(kind, request, now)
    except ConfigError as error:
        return Preview(kind=kind, errors=error.errors)
    except Exception:
        log.exception("preview_failed", kind=kind)
        return Preview(kind=kind, is_broken=True)


def settings_of(target: Target) -> Settings:
    """What a preview of a target needs; with a secret that cannot be opened, what is known without it."""
    try:
        return target.settings()
    except UnsealingError:
        return dict(target.options)


def wishes_for(kind: str) -> list[Field]:
    """The fields of a kind that a preview offers: its choices, each with a usual value."""
    return [field for field in DESTINATIONS[kind].fields if field.type == "choice" and field.default is not None]


def _usable(destination: Destination, settings: Settings) -> Settings:
    """Checked settings without credentials; raises ConfigError."""
    names = {field.name for field in destination.fields}
    given = destination.unsigned({name: value for name, value in settings.items() if name in names})
    return destination.complete(destination.check({name: value for name, value in given.items() if value is not None}))


def _looked_at(kind: str, request: OutboundRequest, now: datetime) -> Preview:
    parts = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    call = SandboxCall(method=request.method, path=parts.path, query=parts.query, headers=headers, body=request.body)
    verdict = look(kind, call, now)
    seen = drawable(verdict.seen) if verdict and verdict.seen else None
    refusal = verdict.reason if verdict and not verdict.accepted else ""
    return Preview(kind=kind, seen=seen, body=_laid_out(request.body), refusal=refusal)


def _laid_out(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body.decode("utf-8", "replace")
