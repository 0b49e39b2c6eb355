"""What the targets of a rule would be told of an alert that the rule matches, whether the rule is saved or not."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from integrations.contract import DROP, Severity
from routing.models import Target
from routing.policy.sampling import with_field
from routing.policy.specs import MatcherSpec, RuleSpec
from routing.policy.wishes import wish_of
from routing.selectors import configuration
from routing.services.previews.messages import message_of_alert
from routing.services.previews.rendering import Preview, preview, settings_of
from routing.services.trying.sampling import sample_for


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePreview:
    """What a rule does with the alert that is made for it."""

    facts: dict[str, str]
    severity: str
    """`drop` where nobody is told."""
    obstacles: tuple[MatcherSpec, ...]
    targets: tuple[tuple[Target, Preview], ...]


def preview_rule(
    rule: RuleSpec, targets: Iterable[Target], *, source: str, now: datetime, level: str = "", is_simple: bool = False
) -> RulePreview:
    """The messages for the rule's targets, in the severity that the rule gives; `level` is tried instead of the found one."""
    made = sample_for(rule, source, now=now)
    alert = replace(made.alert, is_test=False)
    if level:
        alert = with_field(alert, "level", level)
    wish = wish_of(configuration.current().rules.configuration, rule, alert.sentry_status, alert.level)
    shown: list[tuple[Target, Preview]] = []
    if wish.severity != DROP:
        message = message_of_alert(alert, Severity(wish.severity), received_at=now, rules=(rule.name,))
        shown = [
            (target, preview(message, target.kind, settings_of(target), now=now, is_simple=is_simple))
            for target in targets
        ]
    facts = {
        "project": alert.project_slug,
        "environment": alert.environment,
        "level": alert.level,
        "title": alert.title,
    }
    return RulePreview(
        facts={name: text for name, text in facts.items() if text},
        severity=str(wish.severity),
        obstacles=made.obstacles,
        targets=tuple(shown),
    )
