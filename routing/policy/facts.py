"""What one decision knows of its alert: values by field, read at most once, and the searches already made."""

from datetime import datetime

import regex

from integrations.contract import Alert
from routing.policy.fields import read_field
from routing.policy.patterns import NOT_FOUND, PatternGuard


class Facts(dict[str, tuple[str, ...]]):
    """Maps a field to its values without their case, filled on first use.

    Searches are remembered, so that a decision and the trace written later agree on every pattern.
    """

    __slots__ = ("_raw", "_searches", "alert", "guard", "now", "source")

    def __init__(self, alert: Alert, source: str, now: datetime, guard: PatternGuard) -> None:
        self.alert = alert
        self.source = source
        self.now = now
        self.guard = guard
        self._raw: dict[str, tuple[str, ...]] = {}
        self._searches: dict[tuple[str, str], str] = {}

    def __missing__(self, field: str) -> tuple[str, ...]:
        folded = tuple([value.casefold() for value in read_field(self.alert, self.source, field)])
        self[field] = folded
        return folded

    def raw(self, field: str) -> tuple[str, ...]:
        """The values as they came, for regular expressions and for people."""
        values = self._raw.get(field)
        if values is None:
            values = self._raw[field] = read_field(self.alert, self.source, field)
        return values

    def search(self, field: str, pattern: "regex.Pattern[str]") -> str:
        """What looking for the pattern in this field led to: one of the words of `patterns`."""
        key = (field, pattern.pattern)
        result = self._searches.get(key)
        if result is None:
            values = self.raw(field)
            result = self.guard.search(pattern, values, self.now) if values else NOT_FOUND
            self._searches[key] = result
        return result

    def trouble(self, field: str, pattern: str) -> str:
        """Why a pattern gave no answer here (`regex_timeout`, `regex_suspended`), or "" where it did or was not asked."""
        result = self._searches.get((field, pattern), "")
        return result if result.startswith("regex_") else ""
