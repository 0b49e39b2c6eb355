"""Who calls: believed by a signature, or where the source allows it without one; everybody else goes into quarantine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import NamedTuple

from django.conf import settings

from integrations.registry import SOURCES
from routing.selectors.snapshot import Snapshot, SourceEntry
from routing.services.ingest import answers, quarantine
from routing.services.ingest.answers import Answer
from routing.services.storing import writing
from routing.services.storing.prepared import Outdated

UNSIGNED, BAD_SIGNATURE, UNREADABLE_SECRET = "unsigned", "bad_signature", "unreadable_secret"
"""Why a call is refused and kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as it came, with the hook key of its URL, or the source that a caller of our own names."""

    hook_key: str = field(default="", repr=False)
    source_name: str = ""
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    received_at: datetime
    is_test: bool = False
    """True for our own tests, which are never duplicates."""
    is_replay: bool = False
    """True for a call out of the quarantine, where it stays should it be refused again."""
    bot_address: str = ""
    """The bot's URL that came with the call, in its one spelling."""
    flags: tuple[str, ...] = ()
    """Further notes for the inbound."""
    until: float = field(default_factory=lambda: monotonic() + writing.WAIT_SECONDS)
    """When the answer is due, on the monotonic clock."""


class View(NamedTuple):
    """The configuration that a call is answered by. While it may be outdated, it cannot refuse anybody."""

    snapshot: Snapshot
    is_current: bool

    def must_be_current(self) -> None:
        """Raise Outdated unless the configuration is known to be in force."""
        if not self.is_current:
            raise Outdated


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a call is believed: by which row of the client secrets, or None where the source asks for no signature."""

    secret_id: int | None


def vouch(call: Call, source: SourceEntry, view: View) -> Proof | Answer:
    """Why the call is genuine; or the refusal, with the call in quarantine.

    Raises Outdated, Unavailable or DatabaseError.
    """
    kind = SOURCES[source.kind]
    if not kind.is_signed(call.headers):
        if source.accept_unsigned and kind.is_legacy(call.body, call.headers):
            return Proof(None)
        reason = UNSIGNED
    else:
        index = kind.verify(call.body, call.headers, source.secrets)
        if index is not None:
            return Proof(source.secret_ids[index])
        reason = UNREADABLE_SECRET if source.has_unreadable_secret else BAD_SIGNATURE
    refuse(call, source, reason, view)
    if reason == UNREADABLE_SECRET:
        return answers.unreadable_secret()
    return answers.refused(reason, kind.advise(call.body, call.headers))


def refuse(call: Call, source: SourceEntry, reason: str, view: View) -> None:
    """Put a refused call into quarantine; raises Outdated, Unavailable or DatabaseError."""
    view.must_be_current()
    if not call.is_replay:
        quarantine.keep(
            source,
            reason=reason,
            headers=call.headers,
            body=call.body,
            address=call.bot_address,
            now=call.received_at,
        )


def unusable(call: Call) -> Answer | None:
    """The refusal of a call that is compressed or too large, whoever sent it."""
    if call.headers.get("content-encoding", "").strip().lower() not in ("", "identity"):
        return answers.compressed()
    if len(call.body) > settings.MAX_BODY_MB * 1024 * 1024:
        return answers.too_large(settings.MAX_BODY_MB)
    return None
