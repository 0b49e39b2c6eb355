"""One HTTP exchange, and what it led to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


@dataclass(frozen=True, slots=True)
class OutboundRequest:
    """One HTTP request to make, complete and signed. `repr` shows neither address nor body: both hold secrets."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Strings to mask wherever the exchange is recorded, beside the URL itself."""
    method: Literal["POST"] = "POST"


@dataclass(frozen=True, slots=True)
class Response:
    """What the other side answered; header names in lower case, the body cut at the door's limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class OutcomeKind(StrEnum):
    """What one attempt led to."""

    SENT = "sent"
    RETRY = "retry"
    SIMPLIFY = "simplify"
    """Refused as it is; the destination's simpler form may pass, once."""
    REJECTED = "rejected"
    """Will never work as things stand."""


class Reason(StrEnum):
    """Why an attempt did not succeed: stable codes, listed in the docs, worded in the application."""

    BAD_ADDRESS = "bad_address"  # the URL, token or key leads nowhere (bot removed, key revoked)
    BAD_SIGNATURE = "bad_signature"
    SENDER_REFUSED = "sender_refused"  # our address is not on their allow-list
    KEYWORD_MISSING = "keyword_missing"
    SPEECH_FORBIDDEN = "speech_forbidden"  # the group or account does not let this sender speak
    MENTION_REFUSED = "mention_refused"
    CONTENT_REFUSED = "content_refused"  # malformed for them: our mistake or a changed vendor
    CONTENT_AUDIT = "content_audit"  # their content inspection stopped it
    TOO_LARGE = "too_large"
    NO_LICENSE = "no_license"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNREADABLE_ANSWER = "unreadable_answer"  # a 2xx that proves nothing
    REDIRECTED = "redirected"
    REFUSED = "refused"  # any other final no
    TIMEOUT = "timeout"
    CONNECT_FAILED = "connect_failed"
    CONNECTION_LOST = "connection_lost"
    DNS_FAILED = "dns_failed"
    TLS_FAILED = "tls_failed"
    ADDRESS_FORBIDDEN = "address_forbidden"  # our own door: not an allowed host or address
    RENDER_FAILED = "render_failed"  # our own mistake while writing the message
    UNREADABLE_CREDENTIALS = "unreadable_credentials"  # FIELD_KEYS no longer open the secret
    BODY_EXPIRED = "body_expired"  # the original bytes are gone, and the mode forwards nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The meaning of an answer (or of its absence). An expected answer is a value, never an exception."""

    kind: OutcomeKind
    reason: Reason | None = None
    """None only when sent."""
    provider_code: str = ""
    """The vendor's own code, as text, for the log."""
    retry_after: float | None = None
    """Seconds the other side asked to wait; the caller caps it."""
    broken: bool = False
    """True when the target itself needs a person (bot removed, key revoked), not just this message."""
    drop_mentions: bool = False
    """With SIMPLIFY: the card may stay, its mentions may not."""
