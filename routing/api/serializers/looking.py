"""The shapes of what is only looked at: the overview, a shift, attempts, rule sets, previews, versions."""

from typing import Any

from rest_framework import serializers

from routing.models import Attempt, RulesVersion
from routing.models import Severity as Severities


def _counts(said: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=said)


class SoughtAttemptSerializer(serializers.ModelSerializer[Attempt]):
    """One HTTP try, with the delivery that it belongs to."""

    delivery = serializers.IntegerField(source="delivery_id")

    class Meta:
        model = Attempt
        fields = (
            "id", "delivery", "number", "started_at", "duration_ms", "http_status", "provider_code", "outcome", "reason",
            "response",
        )  # fmt: skip


class RulesVersionSerializer(serializers.ModelSerializer[RulesVersion]):
    """The rules that a decision followed: `rules_version` of its trace is the digest."""

    content = serializers.JSONField()

    class Meta:
        model = RulesVersion
        fields = ("digest", "created_at", "content")


class SenderSerializer(serializers.Serializer[Any]):
    """A connection or project: when it was last heard of, and what waits."""

    name = serializers.SerializerMethodField()
    last_at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(source="backlog.count")
    oldest_at = serializers.DateTimeField(source="backlog.oldest_at", allow_null=True)
    is_quiet = serializers.BooleanField(help_text="True when it is expected to be heard of more often.")

    def get_name(self, sender: Any) -> str:
        """Of a project with its source: `source/slug`."""
        row = sender.row
        return f"{row.source.name}/{row.slug}" if hasattr(row, "slug") else str(row.name)


class ReceiverSerializer(serializers.Serializer[Any]):
    """A target: how it is, and what waits for it."""

    name = serializers.CharField(source="row.name")
    kind = serializers.CharField(source="row.kind")
    enabled = serializers.BooleanField(source="row.enabled")
    paused_since = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField(source="backlog.count")
    oldest_at = serializers.DateTimeField(source="backlog.oldest_at", allow_null=True)
    consecutive_failures = serializers.IntegerField(source="row.consecutive_failures")
    broken_since = serializers.DateTimeField(
        source="row.broken_since", allow_null=True, help_text="Since when it needs a person; null while it does not."
    )
    last_failure_reason = serializers.CharField(source="row.last_failure_reason")
    last_success_at = serializers.DateTimeField(source="row.last_success_at", allow_null=True)
    last_failure_at = serializers.DateTimeField(source="row.last_failure_at", allow_null=True)


class HandSerializer(serializers.Serializer[Any]):
    """A worker."""

    name = serializers.CharField(source="row.name")
    engine = serializers.CharField(source="row.engine")
    beat_at = serializers.DateTimeField(source="row.beat_at")
    is_stale = serializers.BooleanField()


class RefusingSerializer(serializers.Serializer[Any]):
    """A connection whose calls are refused."""

    source = serializers.CharField(source="name")  # type: ignore[assignment]  # a field, not the base's
    count = serializers.IntegerField(source="refused_count")
    last_at = serializers.DateTimeField(source="refused_at", allow_null=True)
    reason = serializers.CharField(source="refused_reason")


class UnroutedSerializer(serializers.Serializer[Any]):
    """Alerts that nobody is told of."""

    source = serializers.CharField(source="source_name")  # type: ignore[assignment]  # as above
    project = serializers.CharField(source="project_slug", allow_blank=True)
    count = serializers.IntegerField()


class LostSerializer(serializers.Serializer[Any]):
    """Deliveries that were given up."""

    target = serializers.CharField(source="target_name")
    status = serializers.CharField()
    reason = serializers.CharField()
    count = serializers.IntegerField()
    newest = serializers.IntegerField(help_text="The newest such delivery.")


class NoticeSerializer(serializers.Serializer[Any]):
    """What the operations target was told of, and still lasts."""

    cause = serializers.CharField()
    title = serializers.DictField(child=serializers.CharField(), help_text="In both languages.")
    count = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()


class OverviewSerializer(serializers.Serializer[Any]):
    """The last 24 hours in sums that add up, how everybody is, and what needs a person."""

    now = serializers.DateTimeField()
    since = serializers.DateTimeField()
    received = serializers.IntegerField()
    inbounds = _counts("Received webhooks by status.")
    duplicates = serializers.IntegerField()
    messages = serializers.IntegerField()
    deliveries = _counts("Deliveries by status.")
    open_threads = serializers.IntegerField()
    unrouted = UnroutedSerializer(many=True)
    lost = LostSerializer(many=True)
    refusing = RefusingSerializer(many=True)
    notices = NoticeSerializer(many=True)
    sick_rules = serializers.DictField(child=serializers.CharField(), help_text="Rules that cannot work now, and why.")
    sources = SenderSerializer(many=True)
    projects = SenderSerializer(many=True)
    targets = ReceiverSerializer(many=True)
    workers = HandSerializer(many=True)
    lag_since = serializers.DateTimeField(allow_null=True, help_text="When the oldest message that could go was due.")


class PreviewAskedSerializer(serializers.Serializer[Any]):
    """Which form of the message."""

    simple = serializers.BooleanField(default=False, help_text="The form that follows a refusal.")


class InboundPreviewAskedSerializer(PreviewAskedSerializer):
    """Which message, for whom."""

    target = serializers.CharField(max_length=100, help_text="The name of a target.")
    severity = serializers.ChoiceField(Severities.choices)


class PreviewSerializer(serializers.Serializer[Any]):
    """A message as the target would get it, unsigned."""

    kind = serializers.CharField()
    body = serializers.CharField(help_text="The body of the request, laid out for reading.")
    refusal = serializers.CharField(help_text="Why the vendor would not take it; empty where it would.")
    is_unsupported = serializers.BooleanField(help_text="True where the target gets the source's own call or nothing.")
    errors = serializers.DictField(  # type: ignore[assignment]  # as above
        child=serializers.CharField(), help_text="Settings that are unusable."
    )
