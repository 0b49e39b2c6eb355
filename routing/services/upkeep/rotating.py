"""Putting every stored secret and body under the first key of FIELD_KEYS, so that the others can be dropped."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from routing.fields import PREFIX, Sealed, SealedField, SealedMapField, UnsealingError, open_bytes, seal_bytes
from routing.models import InboundBody, QuarantinedCall

BATCH = 50
BODIES: tuple[tuple[type[models.Model], str], ...] = ((InboundBody, "data"), (QuarantinedCall, "data"))


@dataclass(slots=True)
class Rotation:
    """What was done, and which rows (`table: id`) no key of FIELD_KEYS opens."""

    rotated: Counter[str] = field(default_factory=Counter)
    unreadable: list[str] = field(default_factory=list)


def rotate_keys() -> Rotation:
    """Reseal whatever is not yet under the first key; safe to interrupt and to run again, and beside a running relay."""
    rotation = Rotation()
    for model, column, reseal in _columns():
        for row in _rows(model, column):
            _rotate(row, column, reseal, rotation)
    return rotation


def _columns() -> Iterator[tuple[type[models.Model], str, Callable[[Any], Any]]]:
    for model in apps.get_app_config("routing").get_models():
        if not model._meta.proxy:
            for column in model._meta.local_fields:
                if isinstance(column, SealedField):
                    yield model, column.name, _resealed
                elif isinstance(column, SealedMapField):
                    yield model, column.name, _resealed_map
    yield QuarantinedCall, "address", _resealed_text
    for model, name in BODIES:
        yield model, name, _resealed_bytes


def _rows(model: type[models.Model], column: str) -> Iterator[models.Model]:
    """Every row, in batches by id: bodies are large."""
    last: Any = None
    while True:
        rows = model._default_manager.order_by("pk").only("pk", column)
        batch = list(rows[:BATCH] if last is None else rows.filter(pk__gt=last)[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def _rotate(row: models.Model, column: str, reseal: Callable[[Any], Any], rotation: Rotation) -> None:
    """One row, one short transaction."""
    table = str(row._meta.db_table)
    before = getattr(row, column)
    try:
        after = reseal(before)
    except UnsealingError:
        rotation.unreadable.append(f"{table}: {row.pk}")
        return
    if after is not before:
        rotation.rotated[table] += _unchanged(row, column).update(**{column: after})


def _unchanged(row: models.Model, column: str) -> "models.QuerySet[models.Model, models.Model]":
    """The row, unless its secret was changed since it was read; bodies are never changed."""
    rows = type(row)._default_manager.filter(pk=row.pk)
    stored = row._meta.get_field(column)
    if isinstance(stored, SealedField | SealedMapField):
        token = stored.get_prep_value(getattr(row, column))
        rows = rows.annotate(token=Cast(column, models.TextField())).filter(token=token)
    return rows


def _is_current(token: bytes) -> bool:
    try:
        Fernet(settings.FIELD_KEYS[0]).decrypt(token)
    except InvalidToken:
        return False
    return True


def _resealed(sealed: Sealed | None) -> Sealed | None:
    if sealed is None or _is_current(sealed.token.removeprefix(PREFIX).encode()):
        return sealed
    return sealed.rotated()


def _resealed_map(secrets: dict[str, Sealed]) -> dict[str, Sealed]:
    rotated = {name: _resealed(sealed) for name, sealed in secrets.items()}
    is_same = all(rotated[name] is sealed for name, sealed in secrets.items())
    return secrets if is_same else {name: sealed for name, sealed in rotated.items() if sealed}


def _resealed_text(token: str) -> str:
    """A column of plain text that holds a sealed token, or nothing."""
    sealed = _resealed(Sealed(token)) if token else None
    return token if sealed is None or sealed.token == token else sealed.token


def _resealed_bytes(token: bytes | memoryview) -> bytes | memoryview:
    return token if _is_current(bytes(token)) else seal_bytes(open_bytes(bytes(token)))
