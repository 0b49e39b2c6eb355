"""Targets: their settings checked by their kind, their secrets sealed, their address digested."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from integrations.contract import ConfigError, Destination, Text
from integrations.egress import EgressPolicy, refusal
from integrations.registry import DESTINATIONS
from routing.fields import Sealed
from routing.models import Delivery, DeliveryReason, DeliveryStatus, Target

UNKNOWN_KIND = Text("There is no such kind of target. Known: {known}.", "没有这种推送目标类型。可选：{known}。")


def destination(kind: str) -> Destination:
    """The destination of a kind; raises ConfigError for a kind that is not registered."""
    if kind not in DESTINATIONS:
        known = ", ".join(sorted(DESTINATIONS))
        raise ConfigError({"kind": Text(UNKNOWN_KIND.en.format(known=known), UNKNOWN_KIND.zh.format(known=known))})
    return DESTINATIONS[kind]


def address_digest(kind: str, checked: Mapping[str, Any]) -> str:
    """What bots with the same address share."""
    return sha256(destination(kind).address(checked).encode()).hexdigest()


def check(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the kind normalises them, their address allowed by the egress policy; raises ConfigError."""
    kind_of = destination(kind)
    checked = dict(kind_of.check(given))
    policy = EgressPolicy.parse(settings.EGRESS_ALLOWED_HOSTS, proxy=settings.EGRESS_PROXY or None)
    refused = refusal(kind_of.address(checked), kind_of.hosts, policy)
    if refused is not None:
        address_field = next(field.name for field in kind_of.fields if field.type == "url")
        raise ConfigError({address_field: refused})
    return checked


def assign(target: Target, given: Mapping[str, Any]) -> None:
    """Put checked settings on a target without saving it; raises ConfigError.

    A credential that is missing or empty in `given` keeps its stored value, and one equal to the stored
    value keeps its stored token, so that nothing looks changed when nothing has.
    """
    kind_of = destination(target.kind)
    names = {field.name for field in kind_of.fields if field.credential}
    stored = {name: sealed.open() for name, sealed in target.credentials.items() if name in names}
    kept = {name: text for name, text in stored.items() if not given.get(name)}
    checked = check(target.kind, {**given, **kept})
    target.options = {name: value for name, value in checked.items() if name not in names}
    target.credentials = {
        name: target.credentials[name] if stored.get(name) == text else Sealed.seal(text)
        for name, text in checked.items()
        if name in names and text
    }
    target.address_digest = address_digest(target.kind, checked)


def used_by(target: Target) -> dict[str, list[str]]:
    """What refers to a target: kind of object -> names. Empty when it may be deleted."""
    uses = {
        "rules": [rule.name for rule in target.rules.all()],
        "sources": [source.name for source in target.default_of_sources.all()],
        "projects": [str(project) for project in target.default_of_projects.all()],
        "targets": [other.name for other in target.fallback_for.all()],
    }
    return {kind: names for kind, names in uses.items() if names}


@transaction.atomic
def delete(target: Target) -> None:
    """Delete an unused target; what waits for it is cancelled, the log keeps its name. Raises ConfigError when in use."""
    if uses := used_by(target):
        names = ", ".join(name for group in uses.values() for name in group)
        raise ConfigError(
            {"target": Text(f"Still used by: {names}. Disable it instead.", f"仍被使用：{names}。请改为停用。")}
        )
    now = timezone.now()
    waiting = Delivery.objects.filter(target=target, finished_at__isnull=True)
    waiting.update(
        status=DeliveryStatus.CANCELLED,
        reason=DeliveryReason.CANCELLED_BY_OPERATOR,
        finished_at=now,
        due_at=None,
        fallback_at=None,
        claim="",
    )
    Target.objects.get(pk=target.pk).delete()
