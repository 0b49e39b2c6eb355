"""The neutral words that every integration and the application share.

An integration only translates. A source turns a request into a `Reading`; a destination turns a
`Message` into an `OutboundRequest` and the `Response` into an `Outcome`. None of them opens a
socket, reads a clock or knows a table, so each is a table of inputs and outputs to its tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence for people, in the two languages the product speaks."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The sentence for a language tag such as `zh-hans` or `en`; English where the tag is unknown."""
        return self.zh if language.lower().startswith("zh") else self.en


# ---------------------------------------------------------------- alerts


class SentryStatus(StrEnum):
    """What Sentry says happened: the left column of the severity mapping."""

    CRITICAL = "critical"
    WARNING = "warning"
    TRIGGERED = "triggered"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """What a target is told, loudest first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    OK = "ok"

    @property
    def loudness(self) -> int:
        """A number that rises with urgency, so that the loudest of several is `max` by it."""
        return {"critical": 3, "warning": 2, "info": 1, "ok": 0}[self.value]


DROP: Literal["drop"] = "drop"
"""The mapping's fifth answer: tell nobody."""

LEVELS = ("debug", "info", "warning", "error", "fatal")
"""Sentry's event levels in rising order; anything else has no place in the order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The neutral description of one alert. Text fields are `""` and identifiers `None` where the payload has none."""

    resource: str
    action: str
    sentry_status: SentryStatus
    alert_key: str
    """Identifies one problem over time; never contains severity, title or time."""
    kind: Literal["issue", "metric"] = "issue"
    title: str = ""
    message: str = ""
    culprit: str = ""
    error_type: str = ""
    error_value: str = ""
    level: str | None = None
    environment: str | None = None
    project_slug: str | None = None
    """The project that messages name; the first one of a metric alert over several projects."""
    project_slugs: tuple[str, ...] = ()
    project_id: int | None = None
    project_name: str | None = None
    organization: str | None = None
    issue_id: str | None = None
    short_id: str | None = None
    event_id: str | None = None
    rule_name: str | None = None
    rule_id: str | None = None
    """Sentry's alert rule (issue alert) or metric alert rule."""
    link: str | None = None
    """Where a person continues: the issue's page, always http or https."""
    platform: str | None = None
    release: str | None = None
    logger: str | None = None
    occurred_at: datetime | None = None
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings chosen in the alert rule action of the source."""
    is_test: bool = False
    """True for the source's own test button."""
    is_legacy: bool = False
    """True for the unsigned, older webhook shape."""
    unfamiliar: str = ""
    """What about the payload was not known (an action, a shape); routed all the same, and flagged."""

    @property
    def is_resolved(self) -> bool:
        """True when this ends a problem rather than announcing one."""
        return self.sentry_status is SentryStatus.RESOLVED


@dataclass(frozen=True, slots=True)
class ProjectHint:
    """What a payload teaches about a project; `name` is `""` where it is not told."""

    slug: str | None
    sentry_id: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a source made of one request: an alert, or the reason why there is none."""

    resource: str
    action: str
    alert: Alert | None = None
    ignored: Literal["", "ignored_resource", "ignored_action"] = ""
    projects: tuple[ProjectHint, ...] = ()
    unknown_resource: bool = False
    """True for a resource that this version has never heard of: flagged once on the dashboard."""
    advice: Text | None = None
    """What the operator should change, where the payload shows a wrong set-up."""


class MalformedPayload(Exception):  # noqa: N818 - the name of the inbound's status
    """The body is genuine but cannot be read; `str()` says where and why, without quoting values."""


# ---------------------------------------------------------------- messages


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
    raw: RawCall | None = None


# ---------------------------------------------------------------- the wire


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


# ---------------------------------------------------------------- destinations


class ConfigError(ValueError):
    """A target's settings are unusable; `errors` maps a field's name to what to do about it."""

    def __init__(self, errors: Mapping[str, Text]) -> None:
        super().__init__("; ".join(f"{name}: {text.en}" for name, text in errors.items()))
        self.errors = dict(errors)


FieldType: TypeAlias = Literal["url", "secret", "text", "choice", "zone", "mentions", "limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One setting of a destination as data: the admin draws its form, the API and the file their schema, from these."""

    name: str
    type: FieldType
    label: Text
    help: Text = Text("", "")
    required: bool = False
    credential: bool = False
    """Kept encrypted, write-only in forms, masked everywhere."""
    default: Json = None
    choices: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a destination takes; 0 means no limit."""

    per_second: float = 0
    per_minute: float = 0


Settings: TypeAlias = Mapping[str, Json]
"""A target's checked settings: one flat mapping of field name to value, credentials included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Everything the application knows about one kind of target."""

    kind: str
    label: Text
    fields: tuple[Field, ...]
    hosts: frozenset[str]
    """The vendor's own hosts; any other needs the operator's explicit permission."""
    limits: Limits
    folds_storms: bool
    """True when waiting firings are folded into one digest rather than sent one by one for hours."""
    check: Callable[[Settings], Settings]
    """Normalise settings as an operator gave them; raises ConfigError."""
    address: Callable[[Settings], str]
    """The URL that messages go to: same address, same budget."""
    unsupported: Callable[[Message, Settings], bool]
    """True when this target in this mode cannot be told this message at all."""
    render: Callable[[Message, Settings, datetime, OutcomeKind | None], OutboundRequest]
    """(message, settings, now, simplification) -> request. `simplification` is None, or SIMPLIFY after a refusal."""
    interpret: Callable[[Response], Outcome]
    own_severity: Callable[[Settings], bool]
    """True when our severity mapping reaches this target; False when the other side decides by its own table."""


# ---------------------------------------------------------------- sources


def _no_advice(_body: bytes, _headers: Mapping[str, str]) -> Text | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Everything the application knows about one kind of sender."""

    kind: str
    label: Text
    is_signed: Callable[[Mapping[str, str]], bool]
    """True when the call carries a signature header, right or wrong (header names in lower case)."""
    verify: Callable[[bytes, Mapping[str, str], tuple[str, ...]], int | None]
    """(body, headers, secrets) -> index of the secret that signed the body, or None. Constant time a secret."""
    is_legacy: Callable[[bytes, Mapping[str, str]], bool]
    """True when the call has the older unsigned shape."""
    kept_headers: Callable[[Mapping[str, str]], dict[str, str]]
    """The headers worth keeping with the body: the vendor's own and the content type, nothing personal."""
    idempotency_key: Callable[[Mapping[str, str]], str | None]
    read: Callable[[bytes, Mapping[str, str], str, frozenset[str]], Reading]
    """(body, headers, source name, opted-in issue actions) -> Reading; raises MalformedPayload and nothing else."""
    resource_of: Callable[[bytes, Mapping[str, str]], str]
    """The resource as far as it can be told without a full parse; part of the duplicate digest. Never raises."""
    advise: Callable[[bytes, Mapping[str, str]], Text | None] = _no_advice
    """What the operator should change after a call was refused; looks at the bytes only while cheap. Never raises."""
