"""What passes between receiving, deciding and storing."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.contract import Alert, ProjectHint, Text
from routing.models import InboundReason, InboundStatus
from routing.policy.specs import Decision
from routing.selectors.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What deciding made of one webhook before any thread was looked at. Undecided without an alert and a status."""

    resource: str = ""
    action: str = ""
    alert: Alert | None = None
    alert_json: bytes = field(default=b"", repr=False)
    decision: Decision | None = None
    """Set for a firing alert; a recovery is decided by the open threads."""
    decision_json: bytes = field(default=b"", repr=False)
    """What the log keeps of the decision, as far as it does not depend on the threads."""
    status: InboundStatus | None = None
    """The end of a webhook without an alert: ignored, malformed or failed."""
    reason: InboundReason | None = None
    advice: Text | None = None
    """What the operator should change, where the call shows a wrong set-up."""
    traceback: str = ""
    flags: tuple[str, ...] = ()
    projects: tuple[ProjectHint, ...] = ()

    @property
    def is_undecided(self) -> bool:
        """True for a webhook that the worker has still to decide."""
        return self.alert is None and self.status is None


UNDECIDED = Finding()
"""Of a webhook that is stored first: nobody has read it yet."""


class Outdated(Exception):  # noqa: N818 - said of a snapshot
    """The configuration changed since it was read, so that what was made of a call has to be made again."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A call of `/hook`, which asks no rules: it goes to the named target, or to the default targets without one."""

    target: str = ""

    @property
    def flag(self) -> str:
        """How the inbound remembers it."""
        return f"hook: {self.target}" if self.target else "hook"

    @classmethod
    def of(cls, flags: Iterable[str]) -> "Direct | None":
        """What the flags of an inbound remember; None for one of the receiver's."""
        for flag in flags:
            word, _, target = flag.partition(": ")
            if word == "hook":
                return cls(target)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One verified webhook, ready to be stored: all that needs time and no database is done."""

    source_id: int
    source_name: str
    received_at: datetime
    request_id: str = ""
    body_digest: str | None = None
    """None exempts from the search for duplicates, as an `idempotency_key` of None does."""
    idempotency_key: str | None = None
    body: bytes = field(repr=False)
    """As `bodies.pack` made it."""
    flags: tuple[str, ...] = ()
    is_test: bool = False
    finding: Finding
    snapshot: Snapshot = field(repr=False)
    """The configuration it was decided by."""
    must_be_current: bool = False
    """True when nobody asked yet whether the snapshot is still true: storing does, on its way."""
    hook_key_id: int | None = None
    client_secret_id: int | None = None


def postponed(one: Prepared) -> Prepared:
    """The same webhook left to the worker, where there is anything to decide."""
    if one.finding.alert is None or one.finding.status is not None:
        return one
    return replace(one, finding=replace(UNDECIDED, resource=one.finding.resource, action=one.finding.action))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A stored webhook that is decided now."""

    inbound_id: int
    source_name: str
    is_test: bool
    flags: tuple[str, ...]
    finding: Finding
    snapshot: Snapshot = field(repr=False)


@dataclass(frozen=True, slots=True)
class TargetReceipt:
    """What became of an alert for one target."""

    name: str
    status: str
    reason: str
    severity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the database holds of a webhook now."""

    id: int
    status: str
    reason: str
    targets: tuple[TargetReceipt, ...] = ()
    is_duplicate: bool = False
    """True when an earlier webhook was the same; `id` is that one's."""
