"""A storm: very many events for one Feishu bot with its real limits, and now and then one for another bot."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.bots import Bots, Seen
from bench.chaos import evidence
from bench.chaos.checker import Evidence, violations
from bench.databases import Database
from bench.load import Call
from bench.relay import Load, Relay, wait_for

STORM, OTHER = "storm", "other"
LIMITS = {"per_second": 5, "per_minute": 100}
"""What Feishu takes of one custom bot (open.larkoffice.com, custom bot guide)."""

WINDOWS = ((LIMITS["per_second"], 1.0), (LIMITS["per_minute"], 60.0))
OTHER_SECONDS = 10.0
"""How long the other bot's alerts may take from their receipt."""

OTHER_RATE, OTHER_SERIES = 0.5, 9999
EVENTS_AN_ISSUE = 20
SENDERS = 32
EVENTS_A_SECOND = 20
"""What the slowest machine takes in, so that a run that is stuck ends."""

REST_SECONDS = 300
SECOND = 1_000_000_000

_DIGESTS = (
    "SELECT d.id, CAST(d.message AS TEXT), (SELECT COUNT(*) FROM routing_delivery m WHERE m.digest_id = d.id AND"
    " m.status = 'delivered' AND m.reason = 'in_digest') FROM routing_delivery d"
    " WHERE d.message_type = 'digest' AND d.status = 'delivered' ORDER BY d.finished_at, d.id"
)
_STORMING = (
    "SELECT (SELECT COUNT(*) FROM routing_delivery WHERE finished_at IS NULL AND target_name = 'storm')"
    " + (SELECT COUNT(*) FROM routing_inbound WHERE status = 'received')"
)


class Digest(NamedTuple):
    """A digest that was sent: what it said, and how many ended with it."""

    id: int
    total: int
    per_project: int
    members: int


@dataclass(frozen=True, slots=True)
class Burst:
    """What came of it."""

    found: Evidence
    messages: Sequence[Seen]
    digests: Sequence[Digest]
    others: Sequence[Call]
    """The calls that were for the other bot."""

    @property
    def delays(self) -> list[float]:
        """Seconds from the receipt of each of the other bot's alerts to its arrival there."""
        arrived = {seen.number: seen.moment for seen in self.messages if seen.bot == OTHER and seen.is_accepted}
        return [(arrived[call.number] - call.answered) / SECOND for call in self.others if call.number in arrived]

    @property
    def slowest_answer(self) -> float:
        """Seconds that the slowest answer took."""
        return max((call.answered - call.due for call in self.found.calls), default=0) / SECOND

    @property
    def storm(self) -> list[Seen]:
        """What the bot in the storm was told."""
        return [seen for seen in self.messages if seen.bot == STORM]

    @property
    def quiet_after(self) -> float:
        """Seconds from the last answer of the receiver to the last message of the bot in the storm."""
        last = max((call.answered for call in self.found.acknowledged), default=0)
        return max((seen.moment - last for seen in self.storm), default=0) / SECOND

    @property
    def problems(self) -> list[str]:
        """Every promise that was broken, in words."""
        return [
            *violations(self.found),
            *over_limit([seen.moment for seen in self.storm]),
            *_wrong_counts(self),
            *_late(self),
        ]


def run(database: Database, folder: Path, *, seed: int, events: int) -> Burst:
    """One burst, and its end."""
    bots = Bots(folder, seed=seed)
    shares = {OTHER: f"^77{OTHER_SERIES}", STORM: "."}
    relay = Relay(database, bots, (STORM, OTHER), routed_to_all=False, limits=LIMITS, shares=shares)
    seconds = 60 + events / EVENTS_A_SECOND
    try:
        relay.start_all()
        relay.is_working(60)
        others = Load(
            relay.url, folder, senders=1, count=1_000_000, seconds=seconds + REST_SECONDS, rate=OTHER_RATE,
            first=events, series=OTHER_SERIES,
        )  # fmt: skip
        load = Load(
            relay.url, folder, senders=SENDERS, count=events, seconds=seconds, series=seed % OTHER_SERIES,
            issues=max(1, events // EVENTS_AN_ISSUE),
        )  # fmt: skip
        load.figures(seconds + 60)
        wait_for(lambda: _is_over(database), REST_SECONDS, pause=0.5)
        others.stop()
        others.figures()
        wait_for(lambda: evidence.unfinished(database) == 0, REST_SECONDS, pause=0.5)
        found = evidence.collect(database, bots, [*load.calls, *others.calls], [])
        return Burst(found, bots.seen(), _digests(database), others.calls)
    finally:
        relay.end()
        bots.end()


def over_limit(moments: Sequence[int]) -> Iterable[str]:
    """Windows of the monotonic clock, in nanoseconds and wherever they begin, that hold more messages than allowed."""
    for limit, seconds in WINDOWS:
        for number, moment in enumerate(moments[limit:]):
            if (took := (moment - moments[number]) / SECOND) < seconds:
                yield f"{limit + 1} messages within {took:.3f} s, where {limit} in {seconds:.0f} s are allowed"


def _wrong_counts(burst: Burst) -> Iterable[str]:
    """What the bot was told in digests is what the log says, alert by alert, and nothing is in two of them."""
    for digest in burst.digests:
        if not digest.total == digest.per_project == digest.members:
            yield (
                f"digest {digest.id} speaks of {digest.total} alerts, {digest.per_project} by project, "
                f"and {digest.members} ended with it"
            )
    told = [seen.total for seen in burst.storm if seen.is_accepted and seen.total]
    if told != [digest.total for digest in burst.digests]:
        yield f"the bot was told of {told} alerts at once, the log has {[digest.total for digest in burst.digests]}"
    stored = sum(delivery.target == STORM and delivery.inbound > 0 for delivery in burst.found.deliveries)
    alone = sum(seen.is_accepted and not seen.total for seen in burst.storm)
    if sum(told) + alone != stored:
        yield f"{stored} alerts were for the bot, which was told of {sum(told)} in digests and {alone} alone"


def _late(burst: Burst) -> Iterable[str]:
    known = [call for call in burst.others if call.inbound]
    if len(burst.delays) < len(known):
        yield f"of {len(known)} alerts for the other bot, {len(burst.delays)} arrived"
    if burst.delays and max(burst.delays) > OTHER_SECONDS:
        yield f"an alert for the other bot took {max(burst.delays):.1f} s"


def _is_over(database: Database) -> bool:
    return not database.rows(_STORMING)[0][0]


def _digests(database: Database) -> list[Digest]:
    digests = []
    for pk, message, members in database.rows(_DIGESTS):
        said = json.loads(message)
        digests.append(Digest(pk, said["total"], sum(count for _, count in said["per_project"]), members))
    return digests
