"""The order of rules: positions without gaps, moved one place at a time."""

from django.db import transaction
from django.db.models import Max

from routing.models import Rule


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
