"""What goes into a judgement and what comes out of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxCall:
    """One HTTP call as it arrived; header names in lower case, the query without its question mark."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxBot:
    """A group with one custom bot, as its owner set it up."""

    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    """Set when signature verification is switched on."""
    keywords: tuple[str, ...] = ()
    members: frozenset[str] | None = None
    """Ids that can be mentioned; None takes every well-formed one."""
    everyone_allowed: bool = True
    """False where only administrators may mention everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxIntegration:
    """One integration of Flashduty: the standard alert push, or its own Sentry integration."""

    key: str = field(repr=False)
    mode: Literal["standard", "sentry"] = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertState:
    """What Flashduty remembers of one alert key of one integration."""

    alert_key: str
    is_open: bool
    event_status: str
    title: str
    description: str
    labels: Mapping[str, str]
    opened: int = 1
    """How often a trigger opened it."""
    duplicates: int = 0
    """Events that were dropped because they said nothing new."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text as it is shown; `url` where it can be clicked, `mention` where somebody is alerted by it."""

    text: str
    bold: bool = False
    url: str = ""
    mention: str = ""
    """`all`, or the id of a person."""


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a message from top to bottom; every cell is a run of spans."""

    kind: Literal["text", "columns", "buttons", "rule", "note"]
    cells: tuple[tuple[Span, ...], ...] = ()


Change = Literal["", "opened", "updated", "duplicate", "closed", "unmatched_recovery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a person would see: a message in the chat, or an event on an incident."""

    form: Literal["card", "text", "post", "event"]
    title: str = ""
    colour: str = ""
    """Feishu's colour name; for an event that of its status."""
    blocks: tuple[Block, ...] = ()
    event_status: str = ""
    alert_key: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    change: Change = ""
    """What the event did to its alert."""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Labels and parameters that replaced who is paged; nothing that came from Sentry may ever stand here."""

    @property
    def spans(self) -> Iterator[Span]:
        """Every span in reading order."""
        return (span for block in self.blocks for cell in block.cells for span in cell)

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each text block."""
        return tuple(joined(cell) for block in self.blocks if block.kind == "text" for cell in block.cells)

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """(bold label, value) of each column."""
        return tuple(_labelled(cell) for block in self.blocks if block.kind == "columns" for cell in block.cells)

    @property
    def buttons(self) -> tuple[tuple[str, str], ...]:
        """(text, url) of each button."""
        spans = (span for block in self.blocks if block.kind == "buttons" for cell in block.cells for span in cell)
        return tuple((span.text, span.url) for span in spans)

    @property
    def footnote(self) -> str:
        """The small print."""
        return "\n".join(joined(cell) for block in self.blocks if block.kind == "note" for cell in block.cells)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Everybody whom the message alerts."""
        return tuple(span.mention for span in self.spans if span.mention)

    @property
    def links(self) -> tuple[str, ...]:
        """Every address that can be clicked."""
        return tuple(span.url for span in self.spans if span.url)

    @property
    def visible_text(self) -> str:
        """All that can be read, title first; addresses behind links are not read."""
        cells = [joined(cell) for block in self.blocks for cell in block.cells]
        return "\n".join([self.title, *cells])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to give, and what became of the call."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    accepted: bool
    """True when the vendor took it, whatever the answer says."""
    reason: str
    """In a few words why, for the page."""
    seen: Seen | None = None
    """None when nobody sees anything of it."""
    alert: AlertState | None = None
    """The new state of the alert key, to be handed back with the next call; None where nothing changed."""


def joined(cell: tuple[Span, ...]) -> str:
    """The text of a cell."""
    return "".join(span.text for span in cell)


def _labelled(cell: tuple[Span, ...]) -> tuple[str, str]:
    label = tuple(takewhile(lambda span: span.bold, cell))
    return joined(label).strip(), joined(cell[len(label) :]).strip()
