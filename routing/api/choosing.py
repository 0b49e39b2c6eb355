"""Filters of the configured objects: a closed set of names for each section; a wrong one is refused."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from routing.api.filtering import PAGING, truth
from routing.services.configuration.document import Item

Test: TypeAlias = Callable[[Item], bool]
Filter: TypeAlias = Callable[[str, datetime], Test]
"""From a value, now, to a test of an object; raises ValueError with what is possible."""


def _same(key: str) -> Filter:
    return lambda value, _now: lambda item: (item.get(key) or "") == value


def _listed(key: str) -> Filter:
    return lambda value, _now: lambda item: value in item[key]


def _flag(key: str) -> Filter:
    def switched(value: str, _now: datetime) -> Test:
        wanted = truth(value)
        return lambda item: bool(item[key]) == wanted

    return switched


STATES = ("active", "coming", "expired", "weekly")


def _state(value: str, now: datetime) -> Test:
    if value not in STATES:
        raise ValueError(_("Use one of: %(known)s.") % {"known": ", ".join(STATES)})
    return lambda item: value == state_of(item, now)


def state_of(silence: Item, now: datetime) -> str:
    """One of STATES."""
    if silence["from"] is None or silence["to"] is None:
        return "weekly"
    if now < silence["from"]:
        return "coming"
    return "active" if now < silence["to"] else "expired"


FILTERS: Mapping[str, Mapping[str, Filter]] = {
    "sources": {"target": _listed("default_targets")},
    "projects": {"source": _same("source"), "target": _listed("default_targets")},
    "targets": {"kind": _same("kind"), "enabled": _flag("enabled"), "fallback": _same("fallback")},
    "rules": {
        "source": _same("source"),
        "project": _same("project"),
        "target": _listed("targets"),
        "enabled": _flag("enabled"),
    },
    "silences": {"state": _state},
}


def chosen(section: str, items: list[Item], asked: Mapping[str, Any], now: datetime) -> list[Item]:
    """The objects that every filter holds for; raises ValidationError that names each unusable filter."""
    errors: dict[str, list[str]] = {}
    filters = FILTERS[section]
    for name, value in asked.items():
        if name in PAGING:
            continue
        if name not in filters:
            errors[name] = [_("There is no such filter. Known: %(known)s.") % {"known": ", ".join(filters)}]
            continue
        try:
            test = filters[name](value, now)
        except ValueError as error:
            errors[name] = [str(error)]
            continue
        items = [item for item in items if test(item)]
    if errors:
        raise ValidationError(errors)
    return items
