"""Regular expressions of operators, which run on text from strangers: limited in time, and suspended when they stall."""

import fnmatch
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType

import regex

MAX_PATTERN_LENGTH = 500
"""Characters that a regular expression or glob may have."""

MAX_WRITTEN_OUT = 20_000
"""Items of a regular expression whose counted repeats are written out, as compiling does; `(a{1000}){1000}` takes seconds."""

TIME_LIMIT = 0.010
"""Seconds that one search may take over all values of a field; a search that needs longer counts as undecided."""

STREAK = 3
"""Time-outs in a row after which a pattern is suspended."""

SUSPENSION = timedelta(minutes=5)

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(?P<low>\d*)(?:,(?P<high>\d*))?\}|.", re.DOTALL)

FOUND, NOT_FOUND, TIMED_OUT, SUSPENDED = "found", "not_found", "regex_timeout", "regex_suspended"
"""What a search led to; the last two are the reasons that traces name."""


class PatternError(ValueError):
    """A regular expression cannot be compiled; `str()` is the library's own explanation."""


@lru_cache(maxsize=20_000)
def compile_pattern(text: str) -> "regex.Pattern[str]":
    """The compiled regular expression, from a cache that outlives rebuilds of the rules; raises PatternError."""
    if (size := written_out(text)) > MAX_WRITTEN_OUT:
        raise PatternError(f"its repeats multiply to {size} items, more than {MAX_WRITTEN_OUT}")
    try:
        return regex.compile(text, cache_pattern=False)
    except (regex.error, ValueError, OverflowError, RecursionError) as error:
        raise PatternError(str(error)) from error


def written_out(text: str) -> int:
    """How many items a regular expression has when `{n}` is written out n times; a bound, not its exact size."""
    totals, last = [0], 0
    for token in _TOKEN.finditer(text):
        match token[0][0]:
            case "(":
                totals.append(0)
            case ")" if len(totals) > 1:
                last = totals.pop()
                totals[-1] += last
            case "{" if token["low"] or token["high"]:
                times = max(int(token["low"] or 0), int(token["high"] or 0), 1)
                totals[-1] += last * (times - 1)
                last *= times
            case _:
                totals[-1] += 1
                last = 1
    return sum(totals)


@lru_cache(maxsize=20_000)
def compile_glob(text: str) -> "regex.Pattern[str]":
    """A shell pattern (`*`, `?`, `[abc]`, `[!abc]`) for the whole string; every text is a valid one.

    Needs no time limit: `fnmatch` writes patterns that never go back over a `*`.
    """
    return regex.compile(fnmatch.translate(text), cache_pattern=False)


class PatternGuard:
    """Counts time-outs in a row for each pattern, and suspends those that stall; lives as long as the process.

    Safe to share between threads: it only does single operations on dicts. A race can at worst lose one count.
    """

    def __init__(self) -> None:
        self._streaks: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def search(self, pattern: "regex.Pattern[str]", values: tuple[str, ...], now: datetime) -> str:
        """Look for the pattern anywhere in any of the values, within `TIME_LIMIT` and without holding the interpreter.

        Says FOUND, NOT_FOUND, TIMED_OUT (of the first value that stalls) or SUSPENDED (not even tried).
        """
        if self._until and self.is_suspended(pattern.pattern, now):
            return SUSPENDED
        limit = TIME_LIMIT / (len(values) or 1)
        result = NOT_FOUND
        try:
            for value in values:
                if _search(pattern, value, limit):
                    result = FOUND
                    break
        except TimeoutError:
            self._stalled(pattern.pattern, now)
            return TIMED_OUT
        if self._streaks:
            self._streaks.pop(pattern.pattern, None)
            self._until.pop(pattern.pattern, None)
        return result

    def is_suspended(self, pattern: str, now: datetime) -> bool:
        """True for `SUSPENSION` after a third time-out in a row; a clock set back ends it rather than prolong it."""
        until = self._until.get(pattern)
        return until is not None and until - SUSPENSION <= now < until

    def suspended(self, now: datetime) -> Mapping[str, datetime]:
        """The patterns suspended at this moment, each with the end of its suspension."""
        return MappingProxyType({text: end for text, end in self._until.copy().items() if self.is_suspended(text, now)})

    def _stalled(self, pattern: str, now: datetime) -> None:
        streak = self._streaks.get(pattern, 0) + 1
        self._streaks[pattern] = streak
        if streak >= STREAK:
            self._until[pattern] = now + SUSPENSION


def _search(pattern: "regex.Pattern[str]", value: str, limit: float) -> bool:
    """True when the pattern is found; raises TimeoutError when it needs longer than `limit` seconds.

    The library looks at the time of the whole process, which the threads beside this one use up while it waits for the
    interpreter: in a busy process a pattern that needs a microsecond would count as stalled, and its alert would go
    elsewhere. So one that did not come to an end is tried once more, with the interpreter held.
    """
    try:
        found = pattern.search(value, timeout=limit, concurrent=True)
    except TimeoutError:
        found = pattern.search(value, timeout=limit, concurrent=False)
    return found is not None
