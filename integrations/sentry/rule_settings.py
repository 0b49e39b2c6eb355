"""The alert rule as alerts name it, and the settings an operator chose in its action."""

from collections.abc import Iterable, Iterator

from integrations.sentry.parsing import Tree
from integrations.sentry.values import identifier, items, line, mapping, scalar

_MAX_SETTINGS = 50
_TEST_RULE_ID = -1
"""Sentry numbers the rule of a test notification so (getsentry/sentry rules/.../project_rule_actions.py)."""


def rule_id_of(value: object) -> str | None:
    """A rule's id as text; None for a test notification's."""
    found = identifier(value)
    return None if found == str(_TEST_RULE_ID) else found


def is_test_rule(value: object) -> bool:
    """True for the rule id of a test notification, as a number or as text."""
    return value in (_TEST_RULE_ID, str(_TEST_RULE_ID))


def read_settings(value: object) -> dict[str, str]:
    """Name to value from Sentry's list of `{name, value}` (or from an object); empty values are left out."""
    pairs: Iterable[tuple[object, object]] = (
        value.items()
        if isinstance(value, dict)
        else ((mapping(item).get("name"), mapping(item).get("value")) for item in items(value))
    )
    found: dict[str, str] = {}
    for name, content in pairs:
        key, text = line(name, 200), scalar(content)
        if key and text and len(found) < _MAX_SETTINGS:
            found[key] = text
    return found


def metric_settings(rule: Tree, action: str, installation: object) -> dict[str, str]:
    """The settings of the metric alert's action that made this call: trigger by label, action by installation.

    A recovery and an unfamiliar word have no trigger of their own; the first one that names us speaks for them.
    """
    for candidate in _actions_of_ours(rule, action, installation):
        found = read_settings(candidate.get("settings"))
        if found:
            return found
    return {}


def lacks_settings(rule: Tree, action: str, installation: object) -> bool:
    """True where an action of ours came with empty settings, or a trigger without its actions, as some versions send it
    (getsentry/sentry#118042).
    """
    if any("settings" in candidate for candidate in _actions_of_ours(rule, action, installation)):
        return True
    return any(trigger.get("actions") == [] for trigger in _triggers(rule, action))


def _actions_of_ours(rule: Tree, action: str, installation: object) -> Iterator[Tree]:
    for trigger in _triggers(rule, action):
        for candidate in map(mapping, items(trigger.get("actions"))):
            if candidate.get("sentry_app_installation_uuid") in (None, installation):
                yield candidate


def _triggers(rule: Tree, action: str) -> list[Tree]:
    triggers = [mapping(trigger) for trigger in items(rule.get("triggers"))]
    labelled = [trigger for trigger in triggers if trigger.get("label") == action]
    return labelled if action in ("critical", "warning") else triggers
