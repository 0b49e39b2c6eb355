"""The fields that conditions can ask about, and the values an alert has for them."""

from collections.abc import Mapping

from integrations.contract import Alert

TAG = "tag:"
SETTING = "setting:"

_ATTRIBUTES: Mapping[str, str] = {
    "environment": "environment",
    "level": "level",
    "status": "sentry_status",
    "resource": "resource",
    "rule": "rule_name",
    "title": "title",
    "message": "message",
    "culprit": "culprit",
    "platform": "platform",
    "release": "release",
    "logger": "logger",
    "issue_id": "issue_id",
}
"""Field -> the alert's attribute, for the fields that have one value at most."""

FIELDS: tuple[str, ...] = ("source", "project", *_ATTRIBUTES)
"""The fields with fixed names; `tag:NAME` and `setting:NAME` come beside them."""


def is_field(name: str) -> bool:
    """True for a fixed field, and for `tag:NAME` or `setting:NAME` with a name in it."""
    return name in FIELDS or any(name.startswith(prefix) and len(name) > len(prefix) for prefix in (TAG, SETTING))


def has_many_values(name: str) -> bool:
    """True for the fields of which one alert can have several values at once."""
    return name == "project" or name.startswith(TAG)


def read_field(alert: Alert, source: str, name: str) -> tuple[str, ...]:
    """The values an alert has for a field, as they came; empty values count as absent and are left out.

    Raises KeyError for a name that is no field.
    """
    attribute = _ATTRIBUTES.get(name)
    if attribute is not None:
        value = getattr(alert, attribute)
        return (value,) if value else ()
    return tuple([value for value in _several(alert, source, name) if value])


def _several(alert: Alert, source: str, name: str) -> tuple[str | None, ...]:
    if name == "project":
        return alert.project_slugs or (alert.project_slug,)
    if name == "source":
        return (source,)
    if name.startswith(TAG):
        return alert.tags.get(name[len(TAG) :], ())
    if name.startswith(SETTING):
        return (alert.settings.get(name[len(SETTING) :]),)
    raise KeyError(name)
