"""Receiving a webhook: found by its key, vouched for by its signature, decided, and stored before it is answered."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import structlog
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from integrations.contract import RawCall
from integrations.registry import SOURCES
from routing.patience import patience
from routing.selectors import configuration
from routing.selectors.snapshot import Snapshot, SourceEntry
from routing.services.deciding import find
from routing.services.ingest import answers, bodies, pressure
from routing.services.ingest.answers import Answer
from routing.services.ingest.vouching import Call, Proof, View, unusable, vouch
from routing.services.setup import projects
from routing.services.setup.sources import key_digest
from routing.services.storing import writing
from routing.services.storing.duplicates import body_digest, salted_key
from routing.services.storing.prepared import UNDECIDED, Direct, Finding, Outdated, Prepared
from routing.services.storing.transaction import TROUBLE
from routing.services.storing.writer import Unavailable

__all__ = ["Call", "accept", "answering", "receive"]

log = structlog.get_logger(__name__)


def receive(call: Call) -> Answer:
    """Verify, decide and store one call, and say what became of it; never raises. The caller holds no transaction."""
    with bound_contextvars(request_id=call.headers.get("request-id", "")[:64]):
        return answering(lambda view: _receive(call, view))


def answering(work: Callable[[View], Answer]) -> Answer:
    """What `work` answers, or 503 for trouble of our own, which no caller can do anything about.

    It is asked with the configuration at hand, to spare a query, and once more with the one in force if it finds
    that outdated.
    """
    with pressure.entered(), patience(until=monotonic() + writing.WAIT_SECONDS):
        try:
            return _with_configuration(work)
        except (*TROUBLE, Unavailable) as error:
            log.warning("a webhook could not be stored", why=str(error))
        except Exception:
            log.exception("a webhook could not be received")
    return answers.unavailable()


def accept(
    call: Call,
    *,
    source: SourceEntry,
    proof: Proof,
    view: View,
    key_id: int | None = None,
    direct: Direct | None = None,
) -> Answer:
    """Decide a genuine call, unless others are waiting, and store it; raises Outdated, Unavailable or DatabaseError."""
    kind, now, snapshot = SOURCES[source.kind], timezone.now(), view.snapshot
    raw = RawCall(kind.kept_headers(call.headers), call.body)
    finding = UNDECIDED if pressure.is_high() else find(raw, source=source, direct=direct, snapshot=snapshot, now=now)
    if not finding.resource:
        finding = replace(finding, resource=kind.resource_of(raw.body, raw.headers))
    prepared = _prepared(call, raw, finding, source=source, proof=proof, view=view, key_id=key_id, direct=direct)
    receipt = writing.write(prepared, until=call.until)
    if not receipt.is_duplicate and not call.is_test:
        projects.learn(source, finding.projects, snapshot)
    return answers.accepted(receipt, finding.advice, _project_id(source, finding, snapshot))


def _project_id(source: SourceEntry, finding: Finding, snapshot: Snapshot) -> int | None:
    """The number of the one project that a call is about: as it says, else as earlier calls taught."""
    if len(finding.projects) != 1:
        return None
    hint = finding.projects[0]
    known = snapshot.projects.get((source.id, hint.slug or ""))
    return hint.sentry_id or (known.sentry_id if known else None)


def _with_configuration(work: Callable[[View], Answer]) -> Answer:
    held = configuration.held()
    if held is not None:
        try:
            return work(View(held, is_current=False))
        except Outdated:
            pass
    return work(View(configuration.current(), is_current=True))


def _receive(call: Call, view: View) -> Answer:
    snapshot = view.snapshot
    if call.source_name:
        source, key_id = snapshot.source(call.source_name), None
    else:
        entry = snapshot.keys.get(key_digest(call.hook_key))
        source, key_id = (entry.source, entry.key_id) if entry else (None, None)
    if source is None:
        view.must_be_current()
        return answers.unknown_key()
    refusal = unusable(call)
    if refusal is not None:
        return refusal
    proof = vouch(call, source, view)
    if isinstance(proof, Answer):
        return proof
    return accept(call, source=source, proof=proof, view=view, key_id=key_id)


def _prepared(
    call: Call,
    raw: RawCall,
    finding: Finding,
    *,
    source: SourceEntry,
    proof: Proof,
    view: View,
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
        snapshot=view.snapshot,
        must_be_current=not view.is_current,
        hook_key_id=key_id,
        client_secret_id=proof.secret_id,
    )
