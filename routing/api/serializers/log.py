"""The shapes of the log: inbounds, deliveries, attempts, threads. Read-only, names instead of ids."""

from collections.abc import Iterable
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from routing.api.serializers.waits import Deliveries, DeliveryWaitSerializer, find_waits, wait_json
from routing.models import Attempt, Delivery, DeliveryStatus, Inbound, InboundStatus, Severity, Thread

_TEXTS = ("title", "message", "culprit")


class AlertSerializer(serializers.Serializer[dict[str, Any]]):
    """The neutral description parsed from an inbound."""

    alert_key = serializers.CharField()
    sentry_status = serializers.CharField()
    level = serializers.CharField(allow_null=True)
    environment = serializers.CharField(allow_null=True)
    title = serializers.CharField()
    message = serializers.CharField()
    culprit = serializers.CharField()
    project_slug = serializers.CharField(allow_null=True)
    project_id = serializers.IntegerField(allow_null=True)
    issue_id = serializers.CharField(allow_null=True)
    event_id = serializers.CharField(allow_null=True)
    rule_name = serializers.CharField(allow_null=True)
    link = serializers.CharField(allow_null=True)
    tags = serializers.DictField(child=serializers.CharField())


_ALERT = tuple(AlertSerializer().get_fields())


def alert_json(stored: dict[str, Any]) -> dict[str, Any]:
    """A stored alert in the API's shape: every key is there, and of a tag's several values each is told."""
    shown: dict[str, Any] = {name: stored.get(name, "" if name in _TEXTS else None) for name in _ALERT}
    shown["tags"] = {name: ", ".join(values) for name, values in stored.get("tags", {}).items()}
    return shown


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One HTTP try of a delivery."""

    class Meta:
        model = Attempt
        fields = (
            "number", "started_at", "duration_ms", "http_status", "provider_code", "outcome", "reason", "response",
        )  # fmt: skip


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One alert for one target."""

    inbound = serializers.IntegerField(source="inbound_id", allow_null=True)
    target = serializers.CharField(source="target_name")
    status = serializers.ChoiceField(DeliveryStatus.choices)
    severity = serializers.ChoiceField(Severity.choices)
    rules = serializers.ListField(child=serializers.CharField())
    digest = serializers.IntegerField(source="digest_id", allow_null=True)
    fallback_of = serializers.IntegerField(source="fallback_of_id", allow_null=True)
    resend_of = serializers.IntegerField(source="resend_of_id", allow_null=True)
    job = serializers.IntegerField(source="bulk_job_id", allow_null=True, help_text="The job of many that made it.")
    waiting = serializers.SerializerMethodField()
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Delivery
        list_serializer_class = Deliveries
        fields = (
            "id", "inbound", "target", "kind", "status", "reason", "severity", "sentry_status", "alert_key", "rules",
            "message_type", "attempt_count", "maybe_duplicate", "is_test", "digest", "fallback_of", "resend_of",
            "job", "held_until", "created_at", "due_at", "finished_at", "waiting", "attempts",
        )  # fmt: skip

    @extend_schema_field(DeliveryWaitSerializer(allow_null=True))
    def get_waiting(self, delivery: Delivery) -> dict[str, Any] | None:
        """What it waits for, unless it has ended."""
        return wait_json(delivery)


class Inbounds(serializers.ListSerializer[Any]):
    """Webhooks of which the waits of all deliveries are found together."""

    def to_representation(self, data: Any) -> Any:
        """As its parent's."""
        rows = list(cast("Iterable[Inbound]", data.all() if hasattr(data, "all") else data))
        find_waits([delivery for row in rows for delivery in row.deliveries.all()])
        return super().to_representation(rows)


class InboundSerializer(serializers.ModelSerializer[Inbound]):
    """One webhook as received, with the decision taken on it and what was made of it."""

    source = serializers.CharField(source="source_name")  # type: ignore[assignment]  # a field, not the base's
    project = serializers.SerializerMethodField()
    status = serializers.ChoiceField(InboundStatus.choices)
    alert = serializers.SerializerMethodField()
    decision = serializers.DictField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())
    deliveries = DeliverySerializer(many=True)

    class Meta:
        model = Inbound
        list_serializer_class = Inbounds
        fields = (
            "id", "source", "project", "resource", "action", "received_at", "status", "reason", "duplicate_count",
            "request_id", "flags", "is_test", "alert", "decision", "deliveries",
        )  # fmt: skip

    def get_project(self, inbound: Inbound) -> str | None:
        """The project's slug, where the payload named one."""
        return inbound.project_slug or None

    @extend_schema_field(AlertSerializer(allow_null=True))
    def get_alert(self, inbound: Inbound) -> dict[str, Any] | None:
        """The alert, where there is one."""
        return None if inbound.alert is None else alert_json(inbound.alert)


class ThreadSerializer(serializers.ModelSerializer[Thread]):
    """One target's running conversation about one alert key."""

    target = serializers.CharField(source="target.name")
    source = serializers.CharField(source="source_name")  # type: ignore[assignment]  # a field, not the base's
    project = serializers.SerializerMethodField()
    open = serializers.BooleanField(source="is_open")
    last_status = serializers.CharField()
    last_severity = serializers.CharField()

    class Meta:
        model = Thread
        fields: tuple[str, ...] = (
            "id", "target", "source", "project", "alert_key", "open", "round", "last_status", "last_severity",
            "environment", "title", "link", "last_fired_at", "opened_at", "closed_at",
        )  # fmt: skip

    def get_project(self, thread: Thread) -> str | None:
        """The project's slug, where there is one."""
        return thread.project_slug or None


class CloseSerializer(serializers.Serializer[dict[str, Any]]):
    """How an open timeline is closed by hand."""

    tell = serializers.BooleanField(default=False, help_text="Send its target a recovery.")
    note = serializers.CharField(
        default="", allow_blank=True, max_length=500, help_text="Why, for the audit trail and the hand-over."
    )


class CloseManySerializer(CloseSerializer):
    """Which timelines to close, and how."""

    ids = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=200)


class ClosedSerializer(serializers.Serializer[Any]):
    """One timeline that was closed."""

    thread = serializers.IntegerField(source="thread.pk")
    recovery = serializers.IntegerField(
        source="recovery.pk",
        allow_null=True,
        default=None,
        help_text="The delivery that tells the target; null where it is not told.",
    )


class ClosedThreadSerializer(ThreadSerializer):
    """A timeline that was closed, and what its target hears of it."""

    recovery = serializers.IntegerField(
        allow_null=True, help_text="The delivery that tells the target; null where it is not told."
    )

    class Meta(ThreadSerializer.Meta):
        fields = (*ThreadSerializer.Meta.fields, "recovery")


class ResendManySerializer(serializers.Serializer[dict[str, Any]]):
    """Which deliveries to send again."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), max_length=1000, allow_empty=False
    )


class ResentSerializer(serializers.Serializer[dict[str, Any]]):
    """What was queued."""

    ids = serializers.ListField(child=serializers.IntegerField())
