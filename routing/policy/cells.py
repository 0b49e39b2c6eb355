"""Cells of a table that a spreadsheet opens: what strangers wrote is shown there, and never run."""

import re
from html import unescape

_FORMULA = re.compile(r"\s*[=+\-@|%＝＋－＠]")
"""What Excel, LibreOffice and WPS take for the beginning of a formula, full-width forms and leading blanks included."""
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_LINK = re.compile(r'href="(https?://[^"]*)"')
_TAG = re.compile(r"<[^>]*>")
LONGEST = 32_767
"""Characters that Excel takes in one cell."""


def cell(text: str) -> str:
    """The text as a cell: an apostrophe keeps what looks like a formula from being one."""
    shown = _UNSHOWN.sub("", text)
    return (f"'{shown}" if _FORMULA.match(shown) else shown)[:LONGEST]


def plain(markup: str) -> str:
    """What our own markup says, as text; a link to elsewhere is its address. Values in it must have been escaped."""
    link = _LINK.search(markup)
    return unescape(link.group(1)) if link else " ".join(unescape(_TAG.sub(" ", markup)).split())
