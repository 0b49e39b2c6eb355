"""Texts that a condition asks for: guesses, to be tried on the condition itself."""

import re
from collections.abc import Iterator, Sequence

from integrations.contract import LEVELS
from routing.policy.specs import MatcherSpec

MOST = 6
"""Guesses for one condition."""

_SIMPLER: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"\(\?[a-zA-Z]+\)", ""),
        (r"\(\?(?:[a-zA-Z]*:|P?<[A-Za-z_]\w*>)", "("),
        (r"\(\?<?[=!][^()]*\)", ""),
        (r"\\[bBAZz]|(?<!\\)[\^$](?![^\[]*\])", ""),
        (r"\\d", "1"),
        (r"\\w", "a"),
        (r"\\s", " "),
        (r"\[\^[^\]]*\]", "x"),
        (r"\[([^\]\\])[^\]]*\]", r"\1"),
        (r"(?<!\\)\.", "x"),
        (r"(?<!\\)[*+?]", ""),
    )
]
_REPEATED = re.compile(r"(\\?.)\{(\d{1,2})(?:,\d*)?\}")
_GROUP = re.compile(r"(?<!\\)\(([^()|]*)(?:\|[^()]*)?\)")
_ESCAPED = re.compile(r"\\(.)")


def examples(spec: MatcherSpec) -> tuple[str, ...]:
    """Values that may satisfy a positive condition; none for a negative one, which asks for no value."""
    values = spec.value if isinstance(spec.value, tuple) else (spec.value or "",)
    if spec.operator in ("is", "in", "contains", "starts_with", "ends_with"):
        return values[:MOST]
    if spec.operator == "at_least":
        return LEVELS[LEVELS.index(values[0].casefold()) :]
    if spec.operator == "at_most":
        return LEVELS[LEVELS.index(values[0].casefold()) :: -1]
    if spec.operator == "glob":
        return (_of_glob(values[0]),)
    return tuple(_of_pattern(values[0]))[:MOST] if spec.operator == "matches" else ()


def joined(specs: Sequence[MatcherSpec]) -> str:
    """One text that begins, goes on and ends as several conditions on a field want it to; "" where none says so."""
    parts = [
        text
        for operator in ("starts_with", "contains", "glob", "matches", "ends_with")
        for spec in specs
        if spec.operator == operator
        for text in examples(spec)[:1]
    ]
    return " ".join(parts)


def _of_glob(text: str) -> str:
    return re.sub(r"\[!?([^\]])[^\]]*\]", r"\1", text.replace("*", "").replace("?", "x"))


def _of_pattern(text: str) -> Iterator[str]:
    """The pattern with its choices made; a pattern that is beyond this is simply not met by what comes out."""
    for pattern, instead in _SIMPLER:
        text = pattern.sub(instead, text)
    text = _REPEATED.sub(lambda found: found[1] * int(found[2]), text)
    for _depth in range(10):
        if (simpler := _GROUP.sub(r"\1", text)) == text:
            break
        text = simpler
    yield from (_ESCAPED.sub(r"\1", part) for part in text.split("|"))
