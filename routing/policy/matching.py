"""Conditions made ready to run: each a test on facts."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from routing.policy.facts import Facts
from routing.policy.fields import is_field
from routing.policy.operators import OPERATORS, REGULAR, Test
from routing.policy.specs import AnyOf, MatcherSpec, When


class CompiledMatcher(NamedTuple):
    """One condition and its test."""

    spec: MatcherSpec
    test: Test


class CompiledAny(NamedTuple):
    """Alternatives and the test that one of them holds."""

    matchers: tuple[CompiledMatcher, ...]
    test: Test


Compiled: TypeAlias = CompiledMatcher | CompiledAny


class Known(NamedTuple):
    """What is compiled already: rules that ask the same thing share one test."""

    matchers: dict[MatcherSpec, CompiledMatcher]
    groups: dict[AnyOf, CompiledAny]


def compile_when(when: When, known: Known) -> tuple[Compiled, ...]:
    """The conditions in their order, ready to run; raises ValueError for unusable ones."""
    return tuple([_any(item, known) if isinstance(item, AnyOf) else _matcher(item, known) for item in when])


def tests_of(conditions: Iterable[Compiled]) -> tuple[Test, ...]:
    """The tests of conditions that must all hold, in the order to run them: regular expressions last."""
    return tuple([condition.test for condition in sorted(conditions, key=is_regular)])


def is_regular(condition: Compiled) -> bool:
    """True when the test runs a regular expression."""
    return any(matcher.spec.operator in REGULAR for matcher in _matchers(condition))


def fields_of(condition: Compiled) -> frozenset[str]:
    """The fields that the test looks at."""
    return frozenset([matcher.spec.field for matcher in _matchers(condition)])


def _matchers(condition: Compiled) -> tuple[CompiledMatcher, ...]:
    return condition.matchers if isinstance(condition, CompiledAny) else (condition,)


def _matcher(spec: MatcherSpec, known: Known) -> CompiledMatcher:
    found = known.matchers.get(spec)
    if found is None:
        found = known.matchers[spec] = CompiledMatcher(spec, build_test(spec))
    return found


def build_test(spec: MatcherSpec) -> Test:
    """The test of one condition; raises ValueError for an unusable one."""
    operator = OPERATORS.get(spec.operator)
    if operator is None or not is_field(spec.field):
        raise ValueError(f"unknown operator or field: {spec.field} {spec.operator}")
    values = spec.value if isinstance(spec.value, tuple) else () if spec.value is None else (spec.value,)
    if not values and operator.takes != "nothing":
        raise ValueError(f"no value: {spec.field} {spec.operator}")
    return operator.build(spec.field, values)


def _any(item: AnyOf, known: Known) -> CompiledAny:
    found = known.groups.get(item)
    if found is None:
        matchers = tuple([_matcher(spec, known) for spec in item.matchers])
        found = known.groups[item] = CompiledAny(matchers, _one_of(tests_of(matchers)))
    return found


def _one_of(tests: tuple[Test, ...]) -> Test:
    if not tests:
        raise ValueError("any: no alternatives")

    def one_holds(facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 - a loop costs half of any() with a generator
            if test(facts):
                return True
        return False

    return one_holds
