"""Holds what callers were told, what bots were told and what the database says against the promises."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from bench.load import Call

DECIDED = frozenset({"routed", "unrouted", "ignored", "malformed", "failed"})
ENDED = frozenset({"delivered", "dead", "expired", "suppressed", "cancelled"})
DUPLICATE_OR_NEW = range(200, 300)


class Inbound(NamedTuple):
    """A stored webhook; `number` is the one that its title carries."""

    id: int
    number: int
    status: str
    alert_key: str


class Delivery(NamedTuple):
    """A row of the delivery log."""

    id: int
    inbound: int
    target: str
    thread: int
    sequence: int
    status: str
    reason: str
    maybe_duplicate: bool


class Told(NamedTuple):
    """A message that a bot got, and took or not: of a stored webhook, of none or several (0), or of one that nobody
    stored (UNKNOWN)."""

    bot: str
    is_accepted: bool
    inbound: int


UNKNOWN = -1


class Kill(NamedTuple):
    """A kill -9: when, of what, and how many deliveries were being sent as the database has it."""

    moment: int
    what: str
    sending: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is compared."""

    calls: Sequence[Call]
    seen: Sequence[Told]
    inbounds: Sequence[Inbound]
    deliveries: Sequence[Delivery]
    kills: Sequence[Kill]
    reported: dict[str, int] = field(default_factory=dict)
    """Inbounds by status as the relay itself adds them up."""

    @property
    def accepted(self) -> list[Told]:
        """The messages that bots took."""
        return [seen for seen in self.seen if seen.is_accepted]

    @property
    def acknowledged(self) -> list[Call]:
        """The calls that were answered 2xx."""
        return [call for call in self.calls if call.status in DUPLICATE_OR_NEW]


def violations(evidence: Evidence) -> list[str]:
    """Every promise that was broken, in words; an empty list when all were kept."""
    return [
        *_not_stored(evidence),
        *_undecided(evidence),
        *_unfinished(evidence),
        *_untold(evidence),
        *_unknown(evidence),
        *_duplicates(evidence),
        *_inversions(evidence),
        *_out_of_turn(evidence),
        *_sums(evidence),
    ]


def duplicates(evidence: Evidence) -> Counter[tuple[str, int]]:
    """(bot, inbound) -> how often more than once the bot took it."""
    told = Counter((seen.bot, seen.inbound) for seen in evidence.accepted if seen.inbound)
    return Counter({each: count - 1 for each, count in told.items() if count > 1})


def _not_stored(evidence: Evidence) -> Iterable[str]:
    numbers = {inbound.id: inbound.number for inbound in evidence.inbounds}
    for call in evidence.acknowledged:
        if numbers.get(call.inbound) != call.number:
            yield f"webhook {call.number} was acknowledged as inbound {call.inbound}, which is not stored as such"


def _undecided(evidence: Evidence) -> Iterable[str]:
    told = {delivery.inbound for delivery in evidence.deliveries}
    for inbound in evidence.inbounds:
        if inbound.status not in DECIDED:
            yield f"inbound {inbound.id} is still {inbound.status}"
        elif (inbound.status == "routed") != (inbound.id in told):
            yield f"inbound {inbound.id} is {inbound.status}, which its deliveries do not bear out"


def _unfinished(evidence: Evidence) -> Iterable[str]:
    for delivery in evidence.deliveries:
        if delivery.status not in ENDED:
            yield f"delivery {delivery.id} is still {delivery.status}"
        elif delivery.status != "delivered" and not delivery.reason:
            yield f"delivery {delivery.id} is {delivery.status} without a reason"


def _untold(evidence: Evidence) -> Iterable[str]:
    told = {(seen.bot, seen.inbound) for seen in evidence.accepted}
    for delivery in evidence.deliveries:
        is_own = delivery.status == "delivered" and not delivery.reason
        if is_own and (delivery.target, delivery.inbound) not in told:
            yield f"delivery {delivery.id} counts as delivered, but {delivery.target} was never told"


def _unknown(evidence: Evidence) -> Iterable[str]:
    known = {(delivery.target, delivery.inbound) for delivery in evidence.deliveries}
    for bot, inbound in sorted({(seen.bot, seen.inbound) for seen in evidence.seen} - known):
        yield f"{bot} was told of inbound {inbound}, which no delivery accounts for"


def _duplicates(evidence: Evidence) -> Iterable[str]:
    found = duplicates(evidence)
    possible = sum(kill.sending for kill in evidence.kills)
    if found.total() > possible:
        yield f"{found.total()} duplicates, with {possible} sends under way at the kills"
    flagged = {(one.target, one.inbound) for one in evidence.deliveries if one.maybe_duplicate}
    for bot, inbound in sorted(set(found) - flagged):
        yield f"{bot} was told twice of inbound {inbound}, and the log does not say that it may be"


def _inversions(evidence: Evidence) -> Iterable[str]:
    """Whatever a bot took about one alert came in the order of its thread, repeats included."""
    places = {(one.target, one.inbound): one for one in evidence.deliveries}
    last: dict[int, Delivery] = {}
    for seen in evidence.accepted:
        delivery = places.get((seen.bot, seen.inbound))
        if delivery is None:
            continue
        before = last.get(delivery.thread)
        if before is not None and before.sequence > delivery.sequence:
            yield f"{seen.bot} was told of inbound {delivery.inbound} after the later {before.inbound}"
        last[delivery.thread] = delivery


def _out_of_turn(evidence: Evidence) -> Iterable[str]:
    """A webhook that was answered before the next one of its alert was sent comes before it in the log, too."""
    keys = {inbound.id: inbound.alert_key for inbound in evidence.inbounds}
    lines: dict[str, list[Call]] = defaultdict(list)
    for call in sorted(evidence.acknowledged, key=lambda call: call.due):
        lines[keys.get(call.inbound, "")].append(call)
    for line in lines.values():
        for earlier, later in pairwise(line):
            if earlier.answered < later.due and earlier.inbound > later.inbound:
                yield f"webhook {later.number} was stored before {earlier.number}, which had been acknowledged"


def _sums(evidence: Evidence) -> Iterable[str]:
    counted = Counter(inbound.status for inbound in evidence.inbounds)
    if evidence.reported and {**evidence.reported} != dict(counted):
        yield f"the relay counts {evidence.reported}, the rows say {dict(counted)}"
    numbers = Counter(inbound.number for inbound in evidence.inbounds)
    for number, count in numbers.items():
        if count > 1:
            yield f"webhook {number} is stored {count} times"
