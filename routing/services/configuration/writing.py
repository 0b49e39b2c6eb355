"""Changes to rows: all that can be worked out beforehand is, so that the transaction is short."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from routing.models import Project, Rule, SeverityMapping, Silence, Source, Target
from routing.services.configuration import statements
from routing.services.configuration.columns import COLUMNS, fill
from routing.services.configuration.comparing import Change, Changes
from routing.services.configuration.keys import write_keys
from routing.services.configuration.statements import Statement
from routing.services.setup import targets

MODELS: dict[str, type[Model]] = {
    "targets": Target,
    "sources": Source,
    "projects": Project,
    "rules": Rule,
    "silences": Silence,
}
"""In the order in which they are written: what is referred to comes first."""

_LINKS = {"sources": "default_targets", "projects": "default_targets", "rules": "targets"}


@dataclass(slots=True)
class Prepared:
    """Changes ready to be written; true only while the configuration stamp stands where it stood."""

    changes: Changes
    now: datetime
    statements: list[Statement] = field(default_factory=list)


def prepare(changes: Changes, *, rules: Mapping[str, Any], now: datetime) -> Prepared:
    """Work out every row, its number included. `rules` are the stored rules by name."""
    prepared = Prepared(changes, now)
    written = {section: [change for change in changes.of(section) if change.after is not None] for section in MODELS}
    for section, model in MODELS.items():
        new = [change for change in written[section] if change.before is None]
        for change, number in zip(new, statements.reserve(model, len(new)), strict=True):
            change.row = model(pk=number)
    ids = {section: _ids(MODELS[section], written[section]) for section in ("targets", "sources")}
    places = {name: index for index, name in enumerate(changes.order[1])}
    for section in MODELS:
        prepared.statements += _rows(section, written[section], ids, places, now)
        prepared.statements += _links(section, written[section], ids["targets"])
    prepared.statements.append(_moves(rules, places, {change.name for change in written["rules"]}))
    prepared.statements = statements.stage([*prepared.statements, *_removals(changes)])
    return prepared


def write(prepared: Prepared) -> None:
    """Write it; the caller holds the transaction."""
    for statement in prepared.statements:
        statement.run()
    write_keys(prepared.changes.of("sources"), prepared.now)
    _write_operations_target(prepared.changes)
    _delete(prepared.changes)
    _write_severity(prepared.changes)


def _ids(model: type[Model], changes: Iterable[Change]) -> dict[str, int]:
    stored = dict(model._default_manager.values_list("name", "pk"))
    return {**stored, **{change.name: change.row.pk for change in changes}}


def _rows(
    section: str, changes: list[Change], ids: dict[str, dict[str, int]], places: Mapping[str, int], now: datetime
) -> list[Statement]:
    for change in changes:
        fill(section, change.row, change.after or {}, ids, now)
        if section == "rules":
            change.row.position = places[change.name]
    new = [change.row for change in changes if change.before is None]
    old = [change.row for change in changes if change.before is not None]
    model = MODELS[section]
    return [statements.inserts(model, new), statements.updates(model, old, COLUMNS[section])]


def _links(section: str, changes: list[Change], ids: dict[str, int]) -> list[Statement]:
    key = _LINKS.get(section)
    if key is None:
        return []
    column: Any = MODELS[section]._meta.get_field(key)
    through, owner = column.remote_field.through, f"{column.m2m_field_name()}_id"
    changed = [change for change in changes if change.before is None or key in change.keys]
    pairs = [(change.row.pk, ids[name]) for change in changed for name in (change.after or {})[key]]
    old = [change.row.pk for change in changed if change.before is not None]
    return [statements.deletes(through, owner, old), statements.links(through, owner, pairs)]


def _removals(changes: Changes) -> list[Statement]:
    """Rules go by statement: there may be thousands, and nothing but their links hangs on them."""
    gone = [change.row.pk for change in changes.of("rules") if change.after is None]
    return [
        statements.deletes(Rule.targets.through, "rule_id", gone),
        statements.deletes(Rule, "id", gone),
    ]


def _moves(rules: Mapping[str, Any], places: Mapping[str, int], written: set[str]) -> Statement:
    """Rules that only stand elsewhere now."""
    moved = []
    for name, row in rules.items():
        if name in places and name not in written and row.position != places[name]:
            row.position = places[name]
            moved.append(row)
    return statements.updates(Rule, moved, ["position"])


def _write_operations_target(changes: Changes) -> None:
    before, after = changes.operations_target
    if before != after:
        Target.objects.filter(is_operations=True).update(is_operations=False)
        Target.objects.filter(name=after or "").update(is_operations=True)


def _delete(changes: Changes) -> None:
    """What others refer to goes last; targets that are each other's fallback are parted first."""
    for section in ("silences", "projects", "sources", "targets"):
        gone = [change.row for change in changes.of(section) if change.after is None]
        if section != "targets":
            MODELS[section]._default_manager.filter(pk__in=[row.pk for row in gone]).delete()
            continue
        Target.objects.filter(pk__in=[row.pk for row in gone]).update(fallback=None)
        for row in gone:
            targets.delete(row)


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
