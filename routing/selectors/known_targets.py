"""Targets as the delivery engine needs them: settings opened once, and read again only when configuration changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.contract import Destination, Limits, Settings
from integrations.registry import DESTINATIONS
from routing.fields import UnsealingError
from routing.models import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTarget:
    """One target, ready to be told something."""

    id: int
    name: str
    title: str
    destination: Destination
    settings: Settings | None
    """None when FIELD_KEYS do not open its secrets."""
    limits: Limits
    address_digest: str
    fallback: int | None

    @property
    def is_limited(self) -> bool:
        """True when messages may have to wait for a slot."""
        return self.limits.per_second > 0 or self.limits.per_minute > 0

    @property
    def folds_storms(self) -> bool:
        """True when what waits too long is folded; a target without limits takes everything one by one."""
        return self.destination.folds_storms and self.is_limited

    @property
    def forwards_original(self) -> bool:
        """True when this target gets the source's own call, which is why its severity is not ours."""
        return self.settings is not None and not self.destination.own_severity(self.settings)


class TargetBook:
    """All targets of a process, kept until the configuration stamp moves."""

    def __init__(self) -> None:
        self._stamp: int | None = None
        self._targets: dict[int, KnownTarget] = {}

    def at(self, stamp: int) -> Mapping[int, KnownTarget]:
        """The targets as they are at this stamp; a target of an unknown kind is left out."""
        if stamp != self._stamp:
            known = (known_target(target) for target in Target.objects.all())
            self._targets = {target.id: target for target in known if target}
            self._stamp = stamp
        return self._targets


def known_target(target: Target) -> KnownTarget | None:
    """One target for the engine; None for a kind that this version does not have."""
    destination = DESTINATIONS.get(target.kind)
    if destination is None:
        return None
    try:
        opened: Settings | None = target.settings()
    except UnsealingError:
        opened = None
    return KnownTarget(
        id=target.pk,
        name=target.name,
        title=str(target),
        destination=destination,
        settings=opened,
        limits=limits_of(target.options, destination),
        address_digest=target.address_digest,
        fallback=target.fallback_id,
    )


def limits_of(options: Mapping[str, Any], destination: Destination) -> Limits:
    """What a target with these options takes: what they state, else what its kind does."""
    stated = options.get("limits") or {}
    return Limits(
        per_second=stated.get("per_second", destination.limits.per_second),
        per_minute=stated.get("per_minute", destination.limits.per_minute),
    )
