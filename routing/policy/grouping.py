"""The rules that one project's alerts are asked about, arranged so that few of them have to be asked."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from routing.policy.facts import Facts
from routing.policy.matching import Compiled, fields_of, is_regular
from routing.policy.operators import Test
from routing.policy.specs import RuleSpec

_FREE_TEXT = frozenset({"title", "message", "culprit", "issue_id"})
"""Fields whose values hardly ever come twice, so that remembering what they lead to is no use."""

_MAX_REMEMBERED = 32
"""Values of one field that a group remembers; they come from payloads, so their number must have an end."""

_MAX_LENGTH = 100
"""Characters of a value that is remembered."""


class CompiledRule(NamedTuple):
    """One rule ready to run; `broken` says why it never matches, and is "" where it can."""

    position: int
    spec: RuleSpec
    targets: tuple[int, ...]
    """Each target once."""
    conditions: tuple[Compiled, ...]
    broken: str


class Column:
    """All conditions of a group on one field. For a value seen before, which rules it excludes is known at once."""

    __slots__ = ("_known", "_tests", "field")

    def __init__(self, field: str, tests: Sequence[tuple[Test, int]]) -> None:
        self.field = field
        self._tests = tests
        self._known: dict[tuple[str, ...], int] = {}

    def excluded(self, facts: Facts) -> int:
        """The bits of the rules that the alert's values for this field exclude."""
        values = facts[self.field]
        bits = self._known.get(values)
        if bits is None:
            bits = 0
            for test, asked_by in self._tests:
                if not test(facts):
                    bits |= asked_by
            if sum(map(len, values)) <= _MAX_LENGTH:
                if len(self._known) >= _MAX_REMEMBERED:
                    self._known.clear()
                self._known[values] = bits
        return bits


class Group:
    """The rules of one project of one source, unbound ones included, in order.

    Every rule has a bit. Conditions are asked once for all the rules that share them, and clear the bits of those
    they exclude; only regular expressions wait until their rule's turn has come.
    """

    __slots__ = ("_all", "_checks", "_columns", "_rules", "candidates")

    def __init__(self, candidates: Sequence[CompiledRule]) -> None:
        self.candidates = tuple(candidates)
        usable = [rule for rule in candidates if not rule.broken]
        self._all = (1 << len(usable)) - 1
        columns: dict[str, dict[Test, int]] = {}
        checks: dict[Test, int] = {}
        self._rules: list[tuple[CompiledRule, tuple[Test, ...]]] = []
        for index, rule in enumerate(usable):
            regular = tuple([each.test for each in rule.conditions if is_regular(each)])
            self._rules.append((rule, regular))
            for condition in rule.conditions:
                if condition.test not in regular:
                    field = _column_of(condition)
                    asked = checks if field is None else columns.setdefault(field, {})
                    asked[condition.test] = asked.get(condition.test, 0) | 1 << index
        self._columns = [Column(field, tuple(tests.items())) for field, tests in columns.items()]
        self._checks = tuple(checks.items())

    def matching(self, facts: Facts) -> Iterator[CompiledRule]:
        """The rules whose conditions hold, in order; a rule is only asked when the one before it was taken."""
        bits = self._all
        for column in self._columns:
            bits &= ~column.excluded(facts)
        for check, asked_by in self._checks:
            if bits & asked_by and not check(facts):
                bits &= ~asked_by
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            rule, tests = self._rules[lowest.bit_length() - 1]
            for test in tests:
                if not test(facts):
                    break
            else:
                yield rule


def _column_of(condition: Compiled) -> str | None:
    """The one field that a condition looks at, if what its values lead to is worth remembering."""
    fields = fields_of(condition)
    return next(iter(fields)) if len(fields) == 1 and not fields & _FREE_TEXT else None
