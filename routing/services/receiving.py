"""Receiving a webhook: found by its key, vouched for by its signature, decided, and stored before it is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from django.conf import settings
from django.utils import timezone

from integrations.contract import RawCall
from integrations.registry import SOURCES
from routing.models import InboundStatus
from routing.selectors import configuration
from routing.selectors.snapshot import Snapshot, SourceEntry
from routing.services import answers, bodies, pressure, projects, quarantine
from routing.services.answers import Answer
from routing.services.deciding import find
from routing.services.duplicates import body_digest, salted_key
from routing.services.prepared import Direct, Finding, Prepared
from routing.services.sources import key_digest
from routing.services.storing import TROUBLE
from routing.services.writer import Unavailable
from routing.services.writing import write

UNSIGNED, BAD_SIGNATURE, UNREADABLE_SECRET = "unsigned", "bad_signature", "unreadable_secret"
"""Why a call is refused and kept."""

log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a call is believed: by which row of the client secrets, or None where the source asks for no signature."""

    secret_id: int | None


def receive(call: Call) -> Answer:
    """Verify, decide and store one call, and say what became of it; never raises. The caller holds no transaction."""
    return answering(lambda: _receive(call))


def answering(work: Callable[[], Answer]) -> Answer:
    """What `work` answers, or 503 for trouble of our own, which no caller can do anything about."""
    with pressure.entered():
        try:
            return work()
        except (*TROUBLE, Unavailable) as error:
            log.warning("a webhook could not be stored", why=str(error))
        except Exception:
            log.exception("a webhook could not be received")
    return answers.unavailable()


def vouch(call: Call, source: SourceEntry) -> Proof | Answer:
    """Why the call is genuine; or the refusal, with the call in quarantine. Raises Unavailable or DatabaseError."""
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
    refuse(call, source, reason)
    if reason == UNREADABLE_SECRET:
        return answers.unreadable_secret()
    return answers.refused(reason, kind.advise(call.body, call.headers))


def refuse(call: Call, source: SourceEntry, reason: str) -> None:
    """Put a refused call into quarantine; raises Unavailable or DatabaseError."""
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


def accept(
    call: Call,
    *,
    source: SourceEntry,
    proof: Proof,
    snapshot: Snapshot,
    key_id: int | None = None,
    direct: Direct | None = None,
) -> Answer:
    """Decide a genuine call, unless others are waiting, and store it; raises Unavailable or DatabaseError."""
    kind, now = SOURCES[source.kind], timezone.now()
    raw = RawCall(kind.kept_headers(call.headers), call.body)
    is_later = pressure.decides_later(source.id)
    finding = Finding() if is_later else find(raw, source=source, direct=direct, snapshot=snapshot, now=now)
    if not finding.resource:
        finding = replace(finding, resource=kind.resource_of(raw.body, raw.headers))
    receipt = write(
        _prepared(call, raw, finding, source=source, proof=proof, snapshot=snapshot, key_id=key_id, direct=direct)
    )
    if receipt.status == InboundStatus.RECEIVED and not is_later:
        pressure.note_behind(source.id)
    if not receipt.is_duplicate:
        projects.learn(source, finding.projects, snapshot)
    return answers.accepted(receipt, finding.advice)


def _receive(call: Call) -> Answer:
    snapshot = configuration.current()
    if call.source_name:
        source, key_id = snapshot.source(call.source_name), None
    else:
        entry = snapshot.keys.get(key_digest(call.hook_key))
        source, key_id = (entry.source, entry.key_id) if entry else (None, None)
    if source is None:
        return answers.unknown_key()
    refusal = unusable(call)
    if refusal is not None:
        return refusal
    proof = vouch(call, source)
    if isinstance(proof, Answer):
        return proof
    return accept(call, source=source, proof=proof, snapshot=snapshot, key_id=key_id)


def _prepared(
    call: Call,
    raw: RawCall,
    finding: Finding,
    *,
    source: SourceEntry,
    proof: Proof,
    snapshot: Snapshot,
    key_id: int | None,
    direct: Direct | None,
) -> Prepared:
    salt = direct.target if direct else ""
    key = SOURCES[source.kind].idempotency_key(call.headers)
    notes = (
        "unsigned" if proof.secret_id is None else "",
        "test" if call.is_test else "",
        direct.flag if direct else "",
    )
    return Prepared(
        source_id=source.id,
        source_name=source.name,
        received_at=call.received_at,
        request_id=raw.headers.get("request-id", ""),
        body_digest=None if call.is_test else body_digest(finding.resource, raw.body, salt),
        idempotency_key=None if call.is_test or not key else salted_key(key, salt) if salt else key,
        body=bodies.pack(raw.headers, raw.body),
        flags=(*filter(None, notes), *call.flags),
        is_test=call.is_test,
        finding=finding,
        snapshot=snapshot,
        hook_key_id=key_id,
        client_secret_id=proof.secret_id,
    )
