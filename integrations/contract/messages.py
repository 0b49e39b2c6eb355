"""What one target is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from integrations.contract.alerts import Alert, Severity
from integrations.contract.text import Text


class MessageType(StrEnum):
    """Why a target is spoken to."""

    ALERT = "alert"
    SUMMARY = "summary"
    """What a silence held back and is still unresolved."""
    DIGEST = "digest"
    """What a storm folded together."""
    OPERATIONS = "operations"
    """The relay itself needs a person."""


@dataclass(frozen=True, slots=True)
class ListedAlert:
    """One line of a summary or digest."""

    title: str
    project_slug: str | None
    severity: Severity
    link: str | None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The body of a summary, digest or operations message, with exact counts."""

    title: Text
    total: int = 0
    per_project: tuple[tuple[str, int], ...] = ()
    """Project slug and count, most first; the counts add up to `total`."""
    alerts: tuple[ListedAlert, ...] = ()
    """The loudest, at most ten."""
    lines: tuple[Text, ...] = ()
    """Further sentences, one a line."""
    link: str | None = None
    """The page of ours that shows all of it."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """The source's original call, for destinations that forward it untouched."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What one target is told: everything a destination may need to render one delivery."""

    type: MessageType
    severity: Severity
    alert_key: str
    alert: Alert | None = None
    """Set for `alert` messages only."""
    listing: Listing | None = None
    """Set for every other type."""
    received_at: datetime | None = None
    """When the relay received the alert; shown where the alert has no time of its own."""
    environment: str | None = None
    """The environment the thread was opened in; a recovery names it, since Sentry does not."""
    late_minutes: int | None = None
    """Set when the message is so late that it must say so."""
    is_test: bool = False
    fallback_of: str | None = None
    """The title of the target that could not be told in time."""
    rules: tuple[str, ...] = ()
    log_link: str | None = None
    """The page of ours that tells this alert's story."""
    mute_link: str | None = None
    """The page of ours that asks whether to mute this alert; short-lived, and set for firing alerts only."""
    raw: RawCall | None = None
