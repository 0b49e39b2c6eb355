"""Rules that cannot do their work right now: conditions nobody can read, or a pattern that takes too long."""

from datetime import datetime

from django.utils.translation import gettext as _

from routing.policy.specs import AnyOf, RuleSpec
from routing.selectors.configuration import current


def sick_rules(now: datetime) -> dict[int, str]:
    """Rule id -> what is wrong, as this process sees it. A sick rule matches nothing and stops nobody else's."""
    snapshot = current()
    found = {rule.spec.id: _("cannot be read: %(why)s") % {"why": rule.broken} for rule in snapshot.rules.broken}
    suspended = snapshot.guard.suspended(now)
    if suspended:
        for rule in snapshot.rules.configuration.rules:
            stalled = _patterns(rule) & set(suspended)
            if stalled:
                found[rule.id] = _("takes too long, suspended for some minutes: %(pattern)s") % {
                    "pattern": min(stalled)
                }
    return found


def _patterns(rule: RuleSpec) -> set[str]:
    flat = [one for item in rule.when for one in (item.matchers if isinstance(item, AnyOf) else (item,))]
    return {str(one.value) for one in flat if one.operator in {"matches", "not_matches"}}
