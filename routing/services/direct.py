"""`/hook`: the drop-in for the relay that takes its bot's URL with every call, answered only for configured bots."""

from dataclasses import dataclass, field, replace

from integrations.contract import ConfigError
from integrations.registry import DESTINATIONS
from routing.selectors.snapshot import HOOK_SOURCE, Snapshot
from routing.services.ingest import answers
from routing.services.ingest.answers import Answer
from routing.services.ingest.vouching import Call, View, refuse, unusable, vouch
from routing.services.receiving import accept, answering
from routing.services.setup import targets
from routing.services.storing.prepared import Direct

KIND = "feishu"
UNKNOWN_TARGET = "unknown_target"


def receive_direct(call: Call, address: str) -> Answer:
    """Receive a call for the bot with this URL, or for the default targets where it is empty; never raises.

    Rules are not asked; silences and the default mapping are. Nothing is ever sent to a URL that is no target's.
    """
    return answering(lambda view: _receive(call, address, view))


def url_field() -> str:
    """The setting of a bot that holds its URL."""
    return next(item.name for item in DESTINATIONS[KIND].fields if item.type == "url")


def _receive(call: Call, address: str, view: View) -> Answer:
    source = view.snapshot.source(HOOK_SOURCE)
    if source is None:
        view.must_be_current()
        return answers.no_hook_source()
    refusal = unusable(call)
    if refusal is not None:
        return refusal
    bot = _Bot.at(address, view.snapshot) if address else None
    if bot is not None and not bot.is_possible:
        view.must_be_current()
        return answers.no_bot_url()
    call = replace(call, bot_address=bot.address if bot else "")
    proof = vouch(call, source, view)
    if isinstance(proof, Answer):
        return proof
    if bot is not None and not bot.target:
        refuse(call, source, UNKNOWN_TARGET, view)
        return answers.unknown_target()
    direct = Direct(bot.target if bot else "")
    return accept(call, source=source, proof=proof, view=view, direct=direct)


@dataclass(frozen=True, slots=True)
class _Bot:
    """A bot's URL as targets are found by it, and the target that has it."""

    address: str = field(default="", repr=False)
    target: str = ""

    @property
    def is_possible(self) -> bool:
        """False for a URL that no bot can have, or that nothing may be sent to."""
        return bool(self.address)

    @classmethod
    def at(cls, url: str, snapshot: Snapshot) -> "_Bot":
        """The bot with this URL, an enabled target first."""
        kind = DESTINATIONS[KIND]
        given = {url_field(): url}
        try:
            checked = kind.check(given)
            found = snapshot.addresses.get((KIND, targets.address_digest(KIND, checked)), ())
            if not found:
                targets.check(KIND, given)
        except ConfigError:
            return cls()
        return cls(kind.address(checked), snapshot.targets[found[0]].name if found else "")
