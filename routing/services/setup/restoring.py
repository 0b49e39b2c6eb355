"""Putting a configured object back to what it was."""

from typing import Any

from django.db import models, transaction

from routing.services import auditing
from routing.services.auditing import Actor

KEPT = ("position", "created_at")
"""What a version never brings back: a rule's place belongs to the order of today."""


@transaction.atomic
def restore(record: Any, *, actor: Actor) -> models.Model:
    """Give the object of a historical record the record's values, secrets excepted; a new version is the result.

    Links to what was deleted since are left out. Raises ValidationError where a value no longer fits, and DoesNotExist
    when the object itself is gone.
    """
    obj: Any = record.instance_type._default_manager.select_for_update().get(pk=record.instance.pk)
    for field in record.tracked_fields:
        if field.name not in KEPT and not field.primary_key:
            setattr(obj, field.attname, getattr(record, field.attname))
    obj.full_clean(exclude=["credentials"] if hasattr(obj, "credentials") else None)
    obj._change_reason = f"restored: {record.history_date:%Y-%m-%d %H:%M:%S} UTC"
    obj.save()
    for field in record._history_m2m_fields:
        column = f"{field.m2m_reverse_field_name()}_id"
        ids = [getattr(link, column) for link in getattr(record, field.name).all()]
        getattr(obj, field.name).set(field.related_model._default_manager.filter(pk__in=ids))
    auditing.record(actor=actor, action="restored", obj=obj, version=record.history_id)
    restored: models.Model = obj
    return restored
