"""The stage of the roles and buttons, with every text that somebody else can fill as hostile as it may be."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.db.models import CharField, JSONField, Model, TextField
from django.utils import timezone

from routing.models import Delivery, Inbound, Notice, Silence
from routing.services.deciding import decide_waiting
from tests.routing.admin.matrix.stage import Stage, set_up
from tests.routing.calls import send

SCRIPT = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
WORD = "W" * 10_000
HOSTILE = SCRIPT + "\u202e" + WORD
HOSTILE_LINK = "javascript:document.title='owned'"
OURS = {
    "action", "address", "address_digest", "alert_key", "announced_by", "body_digest", "cause", "cause_key", "claim", "digest",
    "echo_key", "engine", "idempotency_key", "kind", "object_id", "object_type", "of", "outcome", "prefix", "reason",
    "refused_reason", "last_failure_reason", "answer_reason", "bot",
}  # fmt: skip
"""Columns of text that only the relay fills, with codes and digests."""
REASONS = {"silence": "reason"}
"""Where a column of such a name is free text after all."""
FREE = {"seen", "value", "title", "message", "culprit", "environment", "release", "note", "en", "zh", "rule_name", "text", "platform", "logger"}  # fmt: skip
"""Keys below which JSON holds what somebody else wrote."""


def hostile_stage() -> Stage:
    """One of everything, received from and filled in by people who mean no good."""
    stage = set_up()
    Silence.objects.update(starts_at=timezone.now() + timedelta(hours=1), ends_at=timezone.now() + timedelta(hours=2))
    answer = send(
        project="w" * 200, project_id=4510703106785280, environment=HOSTILE, title=HOSTILE, issue_id="9" * 60, culprit=HOSTILE, message=HOSTILE, release=HOSTILE,
        rule=HOSTILE, platform=HOSTILE, logger=HOSTILE, tags={SCRIPT: HOSTILE, "x" * 200: WORD}, site=HOSTILE_LINK,
    )  # fmt: skip
    decide_waiting()  # a machine under pressure stores it only
    stage.things["inbound"] = Inbound.objects.get(pk=answer.json()["id"])
    delivery = Delivery.objects.filter(inbound=stage.things["inbound"]).get()
    delivery.attempts.create(number=1, started_at=delivery.created_at, outcome="rejected", reason="bad_signature")
    stage.things["delivery"], stage.things["thread"] = delivery, delivery.thread
    Notice.objects.create(
        cause="quiet:acme", title={"en": "", "zh": ""}, first_at=delivery.created_at, last_at=delivery.created_at
    )
    for model in apps.get_app_config("routing").get_models():
        if not model._meta.proxy and not model.__name__.startswith("Historical"):
            _spoil(model)
    for name in ("source", "project", "target", "rule", "silence"):
        stage.things[name].refresh_from_db()
        stage.things[name].save()
    return stage


def _spoil(model: type[Model]) -> None:
    """Fill every column of free text of every row."""
    texts = [field for field in model._meta.concrete_fields if _is_free(model, field)]
    documents = [field for field in model._meta.concrete_fields if isinstance(field, JSONField)]
    for row in model._default_manager.all():
        new: dict[str, Any] = {field.attname: _text(field, row) for field in texts}
        new |= {field.attname: _spoilt(getattr(row, field.attname), "") for field in documents}
        if new:
            model._default_manager.filter(pk=row.pk).update(**new)


def _is_free(model: type[Model], field: Any) -> bool:
    if not isinstance(field, CharField | TextField) or field.choices or field.name.startswith("_"):
        return False
    return type(field) in {CharField, TextField} and (
        field.name not in OURS or REASONS.get(model._meta.model_name or "") == field.name
    )


def _text(field: Any, row: Model) -> str:
    if field.name == "link":
        return HOSTILE_LINK
    if field.validators and field.unique:  # a name: only letters and digits are let through
        return f"{row.pk}{'W' * 90}"
    room = field.max_length or len(HOSTILE)
    return (f"{row.pk}{HOSTILE}" if room > len(SCRIPT) * 2 else f"{row.pk}{SCRIPT[:20]}{WORD}")[:room]


def _spoilt(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _spoilt(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_spoilt(item, key) for item in value]
    return HOSTILE[:2000] if isinstance(value, str) and key in FREE else value
