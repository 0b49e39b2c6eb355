"""Free text from strangers made safe for Flashduty, which expands templates and switches to Markdown on markers."""

import re

ELLIPSIS = "…"

_READ_AT_MOST = 8192  # no field shows more; an 8 MiB message must not cost more than that
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")
_TEMPLATE_MARKER = re.compile(r"\[\s*TPL\s*\]", re.IGNORECASE)
_LEADING_MARKERS = re.compile(r"\A(?:\s*\[\s*(?:TPL|MD)\s*\])+\s*", re.IGNORECASE)
_EXPANDABLE = re.compile(r"\$(?=[^\W\d]|\{)")


def lines(text: str) -> str:
    """The text without control characters, direction overrides and broken halves of characters; line breaks stay."""
    shown = text[:_READ_AT_MOST].replace("\r\n", "\n").replace("\r", "\n")
    return _SURROGATE.sub("\ufffd", _UNSHOWABLE.sub("", shown)).strip()


def one_line(text: str) -> str:
    """The text as a single clean line."""
    return _BLANKS.sub(" ", lines(text)).strip()


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, an ellipsis in the last place where something was left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def link_within(link: str | None, limit: int) -> str:
    """The link when it is a plain web address of at most `limit` characters, else nothing: half a link leads nowhere."""
    if not link or len(link) > limit or not link.startswith(("http://", "https://")):
        return ""
    return link if all(character.isprintable() and character != " " for character in link) else ""


def without_template_markers(text: str) -> str:
    """The text as one line without `[TPL]`, also where removing one would have formed another."""
    text = one_line(text)
    while (shorter := _TEMPLATE_MARKER.sub("", text)) != text:
        text = shorter
    return one_line(text)


def without_leading_markers(text: str) -> str:
    """The text without `[TPL]` and `[MD]` at its start, the only place where a label value or description obeys them."""
    return _LEADING_MARKERS.sub("", text)


def disarmed_title(title: str) -> str:
    """A composed title that neither starts with a marker nor holds a variable.

    `[TPL]` at the start expands `${label}`, and older examples expand a bare `$label`
    (flashduty-docs on-call/advanced/reference-variables, dynamic-notifications).
    """
    if _LEADING_MARKERS.match(title):
        title = f"[project {title[1:].lstrip()}"
    return _EXPANDABLE.sub("＄", title)
