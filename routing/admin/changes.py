"""What differs between two versions of a configured object, field by field, as people read it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from routing.codes import words
from routing.templatetags.showing import moment

UNREADABLE = 500
"""Characters shown of one value."""


class Change(NamedTuple):
    """One field, before and after."""

    label: str
    before: str
    after: str


def changes(older: Any, newer: Any) -> Iterator[Change]:
    """The fields in which two records of the same history differ; sealed secrets are in none."""
    for field in older.tracked_fields:
        before, after = getattr(older, field.attname), getattr(newer, field.attname)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _by_key(field, before, after)
        else:
            yield Change(_label(field), _shown(field, before), _shown(field, after))
    for field in older._history_m2m_fields:
        before, after = linked(older, field), linked(newer, field)
        if set(before) != set(after):
            yield Change(_label(field), _named(field, before), _named(field, after))


def linked(record: Any, field: Any) -> list[int]:
    """Ids of what a version was linked to by a field for many."""
    column = f"{field.m2m_reverse_field_name()}_id"
    return [getattr(link, column) for link in getattr(record, field.name).all()]


def _label(field: Any) -> str:
    return capfirst(str(field.verbose_name))


def _by_key(field: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for key in {**before, **after}:
        if before.get(key) != after.get(key):
            yield Change(f"{_label(field)}: {key}", _plain(before.get(key)), _plain(after.get(key)))


def _shown(field: Any, value: Any) -> str:
    if isinstance(field, models.ForeignKey):
        return _named(field, [value]) if value is not None else "—"
    if field.name == "when" and isinstance(value, list):
        return conditions(value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value)) or "—"
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(part)}" for key, part in value.items())[:UNREADABLE]
    if isinstance(value, list):
        return ", ".join(map(_plain, value))[:UNREADABLE]
    return moment(value) if hasattr(value, "isoformat") else str(value)[:UNREADABLE]


def _named(field: Any, ids: list[int]) -> str:
    known = {row.pk: str(row) for row in field.related_model._default_manager.filter(pk__in=ids)}
    return ", ".join(sorted(known.get(each, _("(deleted) #%(id)s") % {"id": each}) for each in ids)) or "—"


def conditions(when: list[dict[str, Any]]) -> str:
    """Conditions as a sentence."""
    parts = []
    for item in when:
        alternatives = [_condition(each) for each in item.get("any", [item])]
        parts.append(str(_(" or ")).join(alternatives))
    return str(_(" and ")).join(parts) or str(_("every alert"))


def _condition(matcher: Mapping[str, Any]) -> str:
    value = _plain(matcher["value"]) if "value" in matcher else ""
    return f"{words('field', str(matcher.get('field')))} {words('operator', str(matcher.get('op')))} {value}".rstrip()
