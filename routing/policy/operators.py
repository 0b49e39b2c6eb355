"""The operators of conditions, each as a small function from (field, value) to a test on facts.

Text is compared without case, except by regular expressions. A field with several values satisfies a positive
operator if any of them does, a negative one only if all do; an absent field satisfies only the negative ones.
A regular expression that gives no answer in time satisfies neither operator: nobody is routed or held back by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from integrations.contract import LEVELS
from routing.policy.facts import Facts
from routing.policy.patterns import FOUND, NOT_FOUND, compile_glob, compile_pattern

Test: TypeAlias = Callable[[Facts], bool]
Takes: TypeAlias = Literal["text", "list", "level", "pattern", "nothing"]


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator takes, whether absence satisfies it, and how its test is built.

    `build` gets the value as a tuple: one text, several, or none. It raises PatternError for a broken pattern.
    """

    takes: Takes
    negative: bool
    build: Callable[[str, tuple[str, ...]], Test]


def _some(field: str, fits: Callable[[str], bool]) -> Test:
    def test(facts: Facts) -> bool:
        for seen in facts[field]:  # noqa: SIM110 - a loop costs half of any() with a generator
            if fits(seen):
                return True
        return False

    return test


def _none(field: str, fits: Callable[[str], bool]) -> Test:
    some = _some(field, fits)
    return lambda facts: not some(facts)


def _is(field: str, values: tuple[str, ...]) -> Test:
    wanted = values[0].casefold()
    return lambda facts: wanted in facts[field]


def _is_not(field: str, values: tuple[str, ...]) -> Test:
    wanted = values[0].casefold()
    return lambda facts: wanted not in facts[field]


def _in(field: str, values: tuple[str, ...]) -> Test:
    wanted = frozenset(value.casefold() for value in values)
    return lambda facts: not wanted.isdisjoint(facts[field])


def _not_in(field: str, values: tuple[str, ...]) -> Test:
    wanted = frozenset(value.casefold() for value in values)
    return lambda facts: wanted.isdisjoint(facts[field])


def _contains(field: str, values: tuple[str, ...]) -> Test:
    part = values[0].casefold()
    return _some(field, lambda seen: part in seen)


def _not_contains(field: str, values: tuple[str, ...]) -> Test:
    part = values[0].casefold()
    return _none(field, lambda seen: part in seen)


def _starts_with(field: str, values: tuple[str, ...]) -> Test:
    part = values[0].casefold()
    return _some(field, lambda seen: seen.startswith(part))


def _ends_with(field: str, values: tuple[str, ...]) -> Test:
    part = values[0].casefold()
    return _some(field, lambda seen: seen.endswith(part))


def _glob(field: str, values: tuple[str, ...]) -> Test:
    fits = compile_glob(values[0].casefold()).match
    return _some(field, lambda seen: fits(seen) is not None)


def _matches(field: str, values: tuple[str, ...]) -> Test:
    pattern = compile_pattern(values[0])
    return lambda facts: facts.search(field, pattern) == FOUND


def _not_matches(field: str, values: tuple[str, ...]) -> Test:
    pattern = compile_pattern(values[0])
    return lambda facts: facts.search(field, pattern) == NOT_FOUND


def _at_least(field: str, values: tuple[str, ...]) -> Test:
    return _in(field, LEVELS[LEVELS.index(values[0].casefold()) :])


def _at_most(field: str, values: tuple[str, ...]) -> Test:
    return _in(field, LEVELS[: LEVELS.index(values[0].casefold()) + 1])


def _is_set(field: str, values: tuple[str, ...]) -> Test:
    return lambda facts: bool(facts[field])


def _is_not_set(field: str, values: tuple[str, ...]) -> Test:
    return lambda facts: not facts[field]


OPERATORS: Mapping[str, Operator] = {
    "is": Operator("text", False, _is),
    "is_not": Operator("text", True, _is_not),
    "in": Operator("list", False, _in),
    "not_in": Operator("list", True, _not_in),
    "contains": Operator("text", False, _contains),
    "not_contains": Operator("text", True, _not_contains),
    "starts_with": Operator("text", False, _starts_with),
    "ends_with": Operator("text", False, _ends_with),
    "glob": Operator("pattern", False, _glob),
    "matches": Operator("pattern", False, _matches),
    "not_matches": Operator("pattern", True, _not_matches),
    "at_least": Operator("level", False, _at_least),
    "at_most": Operator("level", False, _at_most),
    "is_set": Operator("nothing", False, _is_set),
    "is_not_set": Operator("nothing", True, _is_not_set),
}
"""Every operator by the name that conditions use."""

REGULAR = frozenset({"matches", "not_matches"})
"""The operators that run a regular expression."""
