"""What conditions say about each other: that they can never hold together, or that one set follows from another.

Both answers are cautious: True is certain, False means that it could not be shown.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from integrations.contract import LEVELS, Alert, SentryStatus
from routing.policy.facts import Facts
from routing.policy.fields import has_many_values
from routing.policy.matching import build_test
from routing.policy.operators import OPERATORS, REGULAR
from routing.policy.patterns import PatternGuard
from routing.policy.specs import AnyOf, MatcherSpec, When

_NOTHING = Alert(resource="", action="", sentry_status=SentryStatus.TRIGGERED, alert_key="")
_NEVER = datetime.min.replace(tzinfo=UTC)
_PARTIAL = frozenset({"contains", "starts_with", "ends_with"})


def never_holds(when: When) -> bool:
    """True when no alert can satisfy these conditions together."""
    plain = [item for item in when if isinstance(item, MatcherSpec)]
    groups = [item for item in when if isinstance(item, AnyOf)]
    return _contradict(plain) or any(
        all(_contradict([*plain, alternative]) for alternative in group.matchers) for group in groups
    )


def follows(weaker: When, stronger: When) -> bool:
    """True when every alert that satisfies `stronger` satisfies `weaker` too."""
    return all(any(_item_follows(item, given) for given in stronger) for item in weaker)


def possible_values(spec: MatcherSpec) -> frozenset[str] | None:
    """The case-folded values of which a field must have one to satisfy a condition; None where they cannot be listed."""
    values = spec.value if isinstance(spec.value, tuple) else (spec.value or "",)
    if spec.operator in ("is", "in"):
        return frozenset(value.casefold() for value in values)
    if spec.operator == "at_least":
        return frozenset(LEVELS[LEVELS.index(values[0]) :])
    if spec.operator == "at_most":
        return frozenset(LEVELS[: LEVELS.index(values[0]) + 1])
    return None


def _contradict(specs: Sequence[MatcherSpec]) -> bool:
    by_field: dict[str, list[MatcherSpec]] = {}
    for spec in specs:
        by_field.setdefault(spec.field, []).append(spec)
    return any(_contradict_on(field, asked) for field, asked in by_field.items())


def _contradict_on(field: str, specs: Sequence[MatcherSpec]) -> bool:
    positive = [spec for spec in specs if not OPERATORS[spec.operator].negative]
    negative = [spec for spec in specs if OPERATORS[spec.operator].negative]
    if positive and any(spec.operator == "is_not_set" for spec in negative):
        return True
    # Of several values one may satisfy one positive condition and another the next; the negative ones bind them all.
    binding = negative if has_many_values(field) else specs
    for spec in positive:
        values = possible_values(spec)
        if values is not None and not any(all(_allows(other, value) for other in binding) for value in values):
            return True
        if values is None and any(_forbids_part(other, spec) for other in negative):
            return True
    return False


def _forbids_part(negative: MatcherSpec, partial: MatcherSpec) -> bool:
    return negative.operator == "not_contains" and partial.operator in _PARTIAL and _text(negative) in _text(partial)


def _item_follows(weaker: MatcherSpec | AnyOf, stronger: MatcherSpec | AnyOf) -> bool:
    if isinstance(stronger, AnyOf):
        return all(_item_follows(weaker, alternative) for alternative in stronger.matchers)
    if isinstance(weaker, AnyOf):
        return any(_item_follows(alternative, stronger) for alternative in weaker.matchers)
    return weaker.field == stronger.field and (_same(weaker, stronger) or _one_follows(weaker, stronger))


def _one_follows(weaker: MatcherSpec, stronger: MatcherSpec) -> bool:
    negative = OPERATORS[weaker.operator].negative
    if OPERATORS[stronger.operator].negative:
        return negative and (stronger.operator == "is_not_set" or _excludes_more(weaker, stronger))
    if weaker.operator == "is_set":
        return True
    values = possible_values(stronger)
    if values is not None:
        certain = not (negative and has_many_values(weaker.field)) and weaker.operator not in REGULAR
        return certain and all(_allows(weaker, value) for value in values)
    return _part_follows(weaker, stronger)


def _excludes_more(weaker: MatcherSpec, stronger: MatcherSpec) -> bool:
    if weaker.operator in ("is_not", "not_in") and stronger.operator in ("is_not", "not_in"):
        return _folded(weaker) <= _folded(stronger)
    both = weaker.operator == stronger.operator == "not_contains"
    return both and _text(stronger) in _text(weaker)


def _part_follows(weaker: MatcherSpec, stronger: MatcherSpec) -> bool:
    if stronger.operator not in _PARTIAL:
        return False
    part, whole = _text(weaker), _text(stronger)
    if weaker.operator == "contains":
        return part in whole
    if weaker.operator != stronger.operator:
        return False
    return whole.startswith(part) if weaker.operator == "starts_with" else whole.endswith(part)


def _same(one: MatcherSpec, other: MatcherSpec) -> bool:
    if one.operator != other.operator:
        return False
    return one.value == other.value if one.operator in REGULAR else _folded(one) == _folded(other)


def _folded(spec: MatcherSpec) -> frozenset[str]:
    values: Iterable[str] = spec.value if isinstance(spec.value, tuple) else (spec.value or "",)
    return frozenset(value.casefold() for value in values)


def _text(spec: MatcherSpec) -> str:
    return str(spec.value).casefold()


@lru_cache(maxsize=50_000)
def _allows(spec: MatcherSpec, value: str) -> bool:
    """True when a condition holds for a field with just this case-folded value, or cannot be judged without its case."""
    if spec.operator in REGULAR:
        return True
    facts = Facts(_NOTHING, "", _NEVER, PatternGuard())
    facts[spec.field] = (value,)
    return build_test(spec)(facts)
