"""Changes to rows, in bulk: a handful of statements a section, however many objects changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from routing.models import Project, Rule, SeverityMapping, Silence, Source, Target
from routing.services import targets
from routing.services.configuration.columns import COLUMNS, fill
from routing.services.configuration.comparing import Change, Changes
from routing.services.configuration.keys import write_keys

MODELS: dict[str, type[Model]] = {
    "targets": Target,
    "sources": Source,
    "projects": Project,
    "rules": Rule,
    "silences": Silence,
}
"""In the order in which they are written: what is referred to comes first."""

_LINKS = {"sources": "default_targets", "projects": "default_targets", "rules": "targets"}
_BATCH = 500


def write(changes: Changes, *, rules: Mapping[str, Any], now: datetime) -> None:
    """Write the changes; the caller holds the transaction. `rules` are the stored rules by name."""
    ids = {section: _ids(model) for section, model in MODELS.items() if section in ("targets", "sources")}
    places = {name: index for index, name in enumerate(changes.order[1])}
    for section in MODELS:
        found = [change for change in changes.of(section) if change.after is not None]
        _write_rows(section, found, ids, places, now)
        _write_links(section, found, ids["targets"])
    write_keys(changes.of("sources"), now)
    _write_operations_target(changes)
    _delete(changes)
    _write_order(rules, places)
    _write_severity(changes)


def _ids(model: type[Model]) -> dict[str, int]:
    return dict(model._default_manager.values_list("name", "pk"))


def _write_rows(
    section: str, changes: list[Change], ids: dict[str, dict[str, int]], places: Mapping[str, int], now: datetime
) -> None:
    model = MODELS[section]
    for change in changes:
        change.row = change.row or model()
        fill(section, change.row, change.after or {}, ids, now)
        if section == "rules":
            change.row.position = places[change.name]
    new = [change.row for change in changes if change.before is None]
    old = [change.row for change in changes if change.before is not None]
    model._default_manager.bulk_create(new, batch_size=_BATCH)
    if old:
        model._default_manager.bulk_update(old, COLUMNS[section], batch_size=_BATCH)
    if section in ids:
        ids[section].update({change.name: change.row.pk for change in changes})
    if section == "targets":
        _write_fallbacks(changes, ids["targets"])


def _write_fallbacks(changes: list[Change], ids: dict[str, int]) -> None:
    """Fallbacks may point at targets that were just made, so they come second."""
    moved = []
    for change in changes:
        fallback = ids.get((change.after or {}).get("fallback") or "")
        if change.row.fallback_id != fallback:
            change.row.fallback_id = fallback
            moved.append(change.row)
    if moved:
        Target.objects.bulk_update(moved, ["fallback"], batch_size=_BATCH)


def _write_links(section: str, changes: list[Change], ids: dict[str, int]) -> None:
    key = _LINKS.get(section)
    if key is None:
        return
    changed = [change for change in changes if key in change.keys or change.before is None]
    field: Any = MODELS[section]._meta.get_field(key)
    through, owner = field.remote_field.through, field.m2m_field_name()
    old = [change.row.pk for change in changed if change.before is not None]
    for start in range(0, len(old), _BATCH):
        through._default_manager.filter(**{f"{owner}__in": old[start : start + _BATCH]}).delete()
    rows = [
        through(**{f"{owner}_id": change.row.pk, "target_id": ids[name]})
        for change in changed
        for name in (change.after or {})[key]
    ]
    through._default_manager.bulk_create(rows, batch_size=_BATCH)


def _write_operations_target(changes: Changes) -> None:
    before, after = changes.operations_target
    if before != after:
        Target.objects.filter(is_operations=True).update(is_operations=False)
        Target.objects.filter(name=after or "").update(is_operations=True)


def _delete(changes: Changes) -> None:
    """What others refer to goes last."""
    for section in reversed(MODELS):
        gone = [change for change in changes.of(section) if change.after is None]
        if section == "targets":
            for row in _unused_first([change.row for change in gone]):
                targets.delete(row)
        else:
            MODELS[section]._default_manager.filter(pk__in=[change.row.pk for change in gone]).delete()


def _unused_first(rows: Iterable[Target]) -> list[Target]:
    """Targets in an order in which none is the fallback of a later one; those that point at each other are parted."""
    rows = list(rows)
    Target.objects.filter(pk__in=[row.pk for row in rows]).update(fallback=None)
    return rows


def _write_order(rules: Mapping[str, Any], places: Mapping[str, int]) -> None:
    moved = []
    for name, row in rules.items():
        if name in places and row.position != places[name]:
            row.position = places[name]
            moved.append(row)
    if moved:
        Rule.objects.bulk_update(moved, ["position"], batch_size=_BATCH)


def _write_severity(changes: Changes) -> None:
    before, after = changes.severity
    for key in sorted({*before, *after}):
        status, _, level = key.partition(".")
        if key not in after:
            SeverityMapping.objects.filter(sentry_status=status, level=level).delete()
        elif before.get(key) != after[key]:
            row = SeverityMapping.objects.filter(sentry_status=status, level=level).first()
            row = row or SeverityMapping(sentry_status=status, level=level)
            row.severity = after[key]
            row.save()
