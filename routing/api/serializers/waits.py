"""The shapes of waiting: what a delivery waits for, and what waits for a target."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.utils import timezone
from rest_framework import serializers

from routing.codes import WAITS
from routing.models import Delivery
from routing.selectors.waits import waits_of


class WaitSerializer(serializers.Serializer[Any]):
    """What an unfinished delivery waits for, until when as far as that is known, and which other delivery it names."""

    code = serializers.ChoiceField(list(WAITS))
    until = serializers.DateTimeField(allow_null=True)
    delivery = serializers.IntegerField(
        allow_null=True, help_text="The older one of its line that it stands behind, or its digest."
    )


class DeliveryWaitSerializer(WaitSerializer):
    """As above, and when the fallback will be told."""

    fallback_at = serializers.DateTimeField(allow_null=True)


class WaitingSerializer(serializers.Serializer[Any]):
    """How many wait for the same thing."""

    code = serializers.ChoiceField(list(WAITS), source="wait.code")
    until = serializers.DateTimeField(allow_null=True, source="wait.until")
    delivery = serializers.IntegerField(allow_null=True, source="wait.delivery", help_text="The digest they are in.")
    count = serializers.IntegerField()


class LineSerializer(serializers.Serializer[Any]):
    """Everything that waits for one target."""

    count = serializers.IntegerField()
    oldest_at = serializers.DateTimeField(allow_null=True)
    fallback_at = serializers.DateTimeField(
        allow_null=True, help_text="When the fallback is told of the first of them."
    )
    waiting = WaitingSerializer(many=True)


class Deliveries(serializers.ListSerializer[Any]):
    """Deliveries whose waits are found together."""

    def to_representation(self, data: Any) -> Any:
        """As its parent's, with the waits looked up once for all, unless whoever is around them has done it."""
        rows = list(cast("Iterable[Delivery]", data.all() if hasattr(data, "all") else data))
        find_waits([row for row in rows if "wait" not in row.__dict__])
        return super().to_representation(rows)


def find_waits(deliveries: Sequence[Delivery]) -> None:
    """Look up together what these wait for: `wait_json` then asks no more."""
    waits = waits_of(deliveries, timezone.now())
    for row in deliveries:
        row.__dict__["wait"] = waits.get(row.pk)


def wait_json(delivery: Delivery) -> dict[str, Any] | None:
    """What a delivery waits for, in the API's shape; None when it has ended."""
    if "wait" not in delivery.__dict__:
        find_waits([delivery])
    wait = delivery.__dict__["wait"]
    if wait is None:
        return None
    return dict(DeliveryWaitSerializer({**wait._asdict(), "fallback_at": delivery.fallback_at}).data)
