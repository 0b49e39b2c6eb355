"""Tolerant readers of single values: whatever the type, the answer is the wanted one or its absence."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from integrations.sentry.parsing import Tree

SLUG = 100
NAME = 255
TITLE = 512
VALUE = 1000
MESSAGE = 8000
MAX_TAGS = 200
MAX_VALUES_PER_TAG = 20

_MAX_INT64 = 2**63 - 1
_NOTHING: dict[str, Any] = {}
_NO_ITEMS: list[Any] = []

# Terminal colours, control characters but tab and line ends, and the marks that turn the direction of text:
# they show nothing and make a title lie. Joiners stay, for emoji and Indic scripts are spelt with them.
_UNSEEN = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
_LINE_END = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[\t\n ]*[\t\n][\t\n ]*")


def mapping(value: object) -> Tree:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def items(value: object) -> Sequence[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else _NO_ITEMS


def line(value: object, limit: int = NAME) -> str:
    """Text on one line without unseen characters, at most `limit` code points; `""` where it is no text."""
    if not isinstance(value, str):
        return ""
    value = value[: 4 * limit]  # bounds the work; what is cleaned away is seldom three quarters
    return _cut((value if value.isprintable() else _BLANKS.sub(" ", _clean(value))).strip(), limit)


def block(value: object, limit: int = MESSAGE) -> str:
    """Text that may have several lines, cleaned and cut like `line`."""
    if not isinstance(value, str):
        return ""
    value = value[: 4 * limit]
    return _cut((value if value.isprintable() else _clean(value)).strip(), limit)


def scalar(value: object, limit: int = VALUE) -> str:
    """A single value as one line of text: numbers and truth values are spelt, lists of them joined with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if isfinite(value) else ""
    if isinstance(value, list):
        parts = (scalar(item, limit) for item in value[:50] if not isinstance(item, list))
        return _cut(",".join(filter(None, parts)), limit)
    return line(value, limit)


def optional(value: object, limit: int = NAME) -> str | None:
    """Like `line`, with None for nothing."""
    return line(value, limit) or None


def first(values: Iterable[str]) -> str:
    """The first text that is not empty, else `""`."""
    return next(filter(None, values), "")


def identifier(value: object) -> str | None:
    """An id as text: Sentry writes the same id as a number here and as text there."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value <= _MAX_INT64 else None
    return optional(value, 64)


def number(value: object) -> int | None:
    """A positive 64-bit integer, also where it is written as text; None for everything else."""
    if isinstance(value, str) and len(value) <= 19 and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_INT64:
        return value
    return None


def moment(value: object) -> datetime | None:
    """A point in time, from ISO text (`Z` or an offset; without either it is UTC) or from seconds since 1970.

    Years a time zone or a database column could not follow are taken for nonsense.
    """
    try:
        if isinstance(value, str) and len(value) <= 40:
            read = datetime.fromisoformat(value)
            read = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            read = datetime.fromtimestamp(value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return read if 1970 < read.year < 2200 else None


def tags(value: object) -> dict[str, tuple[str, ...]]:
    """Tags from pairs, from objects with key and value, or from one object; the prefix `sentry:` is folded away."""
    found: dict[str, tuple[str, ...]] = {}
    for key, content in _tag_pairs(value):
        name = line(key, 200).removeprefix("sentry:")
        text = scalar(content)
        if not name or not text:
            continue
        known = found.get(name)
        if known is None:
            if len(found) == MAX_TAGS:
                break
            found[name] = (text,)
        elif text not in known and len(known) < MAX_VALUES_PER_TAG:
            found[name] = (*known, text)
    return found


def _tag_pairs(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        yield from value.items()
    for item in items(value):
        if isinstance(item, list) and len(item) == 2:
            yield item[0], item[1]
        elif isinstance(item, dict):
            yield item.get("key"), item.get("value")


def _clean(value: str) -> str:
    return _HALF_CHARACTER.sub("\ufffd", _UNSEEN.sub("", _LINE_END.sub("\n", value)))


def _cut(value: str, limit: int) -> str:
    return value if len(value) <= limit else value[: limit - 1].rstrip() + "…"
