"""What bulk writing would otherwise leave out: history of the changed objects, and the audit trail."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from routing.models import AuditEntry
from routing.services import auditing
from routing.services.auditing import Actor
from routing.services.configuration import statements
from routing.services.configuration.comparing import Change, Changes
from routing.services.configuration.statements import Statement
from routing.services.configuration.writing import MODELS

_PART = 2000
"""Rows of history in one transaction when there are many."""
_TYPES = {"created": "+", "changed": "~", "deleted": "-"}


def record(changes: Changes, *, actor: Actor) -> None:
    """Write history and one audit entry an object, and one for what has no object; the caller holds the transaction.

    Deletions wrote their own history, except those of rules, which go by statement.
    """
    for statement in _statements(changes, actor):
        statement.run()


def record_many(changes: Changes, *, actor: Actor) -> None:
    """The same in transactions of its own, between which SQLite's write lock is free for as long as one takes."""
    for statement in _statements(changes, actor):
        for part in statements.parts(statement, _PART):
            (staged,) = statements.stage([part])
            with transaction.atomic():
                staged.run()
    statements.unstage()


def _statements(changes: Changes, actor: Actor) -> Iterator[Statement]:
    for section, model in MODELS.items():
        for action, history_type in _TYPES.items():
            if action == "deleted" and section != "rules":
                continue
            rows = [change.row for change in changes.of(section) if change.action == action]
            yield from _history(model, rows, history_type=history_type, actor=actor)
    entries = [*[_entry(change, actor) for change in changes.objects], *_others(changes, actor)]
    yield statements.inserts(AuditEntry, entries)


def _history(model: Any, rows: list[Any], *, history_type: str, actor: Actor) -> Iterator[Statement]:
    past, moment = model.history.model, timezone.now()
    is_user = isinstance(actor, AbstractBaseUser)
    about = {
        "history_type": history_type,
        "history_date": moment,
        "history_user": actor if is_user else None,
        "history_change_reason": None if is_user else str(actor)[:100],
    }
    made = [
        past(
            **about,
            history_id=number,
            **{column.attname: getattr(row, column.attname) for column in past.tracked_fields},
        )
        for row, number in zip(rows, statements.reserve(past, len(rows)), strict=True)
    ]
    yield statements.inserts(past, made)
    by_row = {entry.id: entry for entry in made}
    for field in past._history_m2m_fields:
        yield from _linked(field, by_row)


def _linked(field: Any, by_row: dict[int, Any]) -> Iterator[Statement]:
    through, owner = field.remote_field.through, f"{field.m2m_field_name()}_id"
    past = apps.get_model("routing", f"Historical{through.__name__}")
    columns = [column.attname for column in through._meta.fields]
    entries = []
    ids = list(by_row)
    for start in range(0, len(ids), _PART):
        for link in through._default_manager.filter(**{f"{owner}__in": ids[start : start + _PART]}):
            copied = {column: getattr(link, column) for column in columns}
            entries.append(past(history=by_row[getattr(link, owner)], **copied))
    yield statements.inserts(past, entries)


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
