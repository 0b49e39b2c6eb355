"""The order of rules: positions without gaps, moved one place at a time, or beside another."""

from django.db import transaction
from django.db.models import Max

from routing.models import Rule
from routing.services import auditing
from routing.services.auditing import Actor


def next_position() -> int:
    """The place after the last rule."""
    last = Rule.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@transaction.atomic
def move(rule: Rule, *, up: bool) -> None:
    """Swap a rule with its neighbour; the first one stays on going up, the last one on going down."""
    rules = list(Rule.objects.select_for_update().order_by("position", "id"))
    index = [other.pk for other in rules].index(rule.pk)
    other = index - 1 if up else index + 1
    if 0 <= other < len(rules):
        rules[index], rules[other] = rules[other], rules[index]
    for position, item in enumerate(rules):
        if item.position != position:
            item.position = position
            item.save()


@transaction.atomic
def place(name: str, *, beside: str, before: bool, actor: Actor) -> list[str]:
    """Put a rule before or after another, and return all names in the new order; raises Rule.DoesNotExist."""
    rules = list(Rule.objects.select_for_update().order_by("position", "id"))
    moved, other = _named(rules, name), _named(rules, beside)
    order = [rule for rule in rules if rule is not moved or rule is other]
    if moved is not other:
        order.insert(order.index(other) + (not before), moved)
    names = [rule.name for rule in order]
    if order != rules:
        _write(order)
        auditing.record(actor=actor, action="reordered_rules", obj=moved, rules=names[:1000])
    return names


def _named(rules: list[Rule], name: str) -> Rule:
    for rule in rules:
        if rule.name == name:
            return rule
    raise Rule.DoesNotExist(name)


def _write(order: list[Rule]) -> None:
    """In one statement: many rules change their place, and no other is to wait for it."""
    changed = [rule for position, rule in enumerate(order) if rule.position != position]
    for position, rule in enumerate(order):
        rule.position = position
    Rule.objects.bulk_update(changed, ["position"])
