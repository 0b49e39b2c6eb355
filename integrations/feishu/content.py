"""What one message says, before it is known whether it becomes a card or plain text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A label of ours and where it leads; without an address it is only words."""

    label: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One listed alert: a clean line, and the link that opens it."""

    text: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much room the parts of variable size have."""

    text: int
    """Characters of one block of free text."""
    rows: int
    """Listed alerts."""
    lines: int
    """Further lines, and projects."""


BUDGETS = (
    Budget(4000, 10, 100),
    Budget(2000, 10, 60),
    Budget(1000, 10, 30),
    Budget(500, 5, 15),
    Budget(200, 0, 5),
)
"""From what is always tried first to what fits into Feishu's limit whatever the characters are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The parts of a message in reading order. Every text is clean; none of it is escaped for markdown."""

    title: str
    colour: str
    notices: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    """Label and value."""
    paragraphs: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    mentions: tuple[str, ...] = ()
    """`all` or ids, from the target's settings only."""
    button: Link | None = None
    links: tuple[Link, ...] = ()
    """Further buttons, of the relay's own pages."""
    note: tuple[Link, ...] = ()
