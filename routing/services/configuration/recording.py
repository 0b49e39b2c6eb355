"""What bulk writing would otherwise leave out: history of the changed objects, and the audit trail."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from routing.models import AuditEntry
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.configuration.comparing import Change, Changes
from routing.services.configuration.writing import MODELS

_BATCH = 200


def record(changes: Changes, *, actor: Actor) -> None:
    """Write history (deletions wrote their own) and one audit entry an object, and one for what has no object."""
    for section, model in MODELS.items():
        for action, is_update in (("created", False), ("changed", True)):
            rows = [change.row for change in changes.of(section) if change.action == action]
            for part in _parts(rows):
                with transaction.atomic():
                    _history(model, part, is_update=is_update, actor=actor)
    for part in _parts([*[_entry(change, actor) for change in changes.objects], *_others(changes, actor)]):
        AuditEntry.objects.bulk_create(part)


def _parts(rows: list[Any]) -> Iterable[list[Any]]:
    """Rows in batches, so that no batch holds SQLite's write lock for long."""
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _history(model: Any, rows: list[Any], *, is_update: bool, actor: Actor) -> None:
    user = actor if isinstance(actor, AbstractBaseUser) else None
    reason = "" if user else str(actor)[:100]
    written = model.history.bulk_history_create(rows, update=is_update, default_user=user, default_change_reason=reason)
    by_row = {entry.id: entry for entry in written}
    for field in model.history.model._history_m2m_fields:
        _linked(field, by_row)


def _linked(field: Any, by_row: dict[int, Any]) -> None:
    through, owner = field.remote_field.through, f"{field.m2m_field_name()}_id"
    past = apps.get_model("routing", f"Historical{through.__name__}")
    entries = []
    for link in through._default_manager.filter(**{f"{owner}__in": list(by_row)}):
        copied = {column.attname: getattr(link, column.attname) for column in through._meta.fields}
        entries.append(past(history=by_row[getattr(link, owner)], **copied))
    past._default_manager.bulk_create(entries)


def _entry(change: Change, actor: Actor) -> AuditEntry:
    keys = change.keys if change.action == "changed" else []
    return auditing.entry(actor=actor, action=change.action, obj=change.row, **({"keys": keys} if keys else {}))


def _others(changes: Changes, actor: Actor) -> Iterable[AuditEntry]:
    if changes.is_moved:
        yield auditing.entry(actor=actor, action="reordered_rules", rules=changes.order[1][:1000])
    if changes.severity[0] != changes.severity[1]:
        yield auditing.entry(
            actor=actor, action="changed_severity", before=changes.severity[0], after=changes.severity[1]
        )
    if changes.operations_target[0] != changes.operations_target[1]:
        before, after = changes.operations_target
        yield auditing.entry(actor=actor, action="changed_operations_target", before=before, after=after)
