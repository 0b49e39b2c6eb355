"""The shapes of test alerts."""

from typing import Any

from rest_framework import serializers

from routing.api.serializers.operating import SourceTestSerializer
from routing.models import Trial, TrialOf


class TrialRequestSerializer(SourceTestSerializer):
    """What is tried, and with which alert; a rule is tried with an alert that is made so that the rule takes it."""

    of = serializers.ChoiceField(TrialOf.choices)
    name = serializers.CharField(max_length=100, help_text="Of the source, rule or target.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field, not the base's
        required=False, max_length=100, help_text="For a rule or target: the source that the alert comes from."
    )


class StepSerializer(serializers.Serializer[Any]):
    """One step."""

    code = serializers.CharField()
    state = serializers.ChoiceField(["done", "now", "waiting", "failed", "skipped"])
    words = serializers.CharField()
    advice = serializers.CharField(help_text="What to do where it stopped.")
    at = serializers.DateTimeField(allow_null=True)


class LegSerializer(serializers.Serializer[Any]):
    """One target's part of the way."""

    target = serializers.CharField(source="delivery.target_name")
    delivery = serializers.IntegerField(source="delivery.pk")
    steps = StepSerializer(many=True)


class CourseSerializer(serializers.Serializer[Any]):
    """How far it has come."""

    state = serializers.ChoiceField(["done", "now", "failed"])
    is_over = serializers.BooleanField(help_text="True when nothing more will happen by itself.")
    steps = StepSerializer(many=True)
    legs = LegSerializer(many=True)


class TrialSerializer(serializers.ModelSerializer[Trial]):
    """One test alert."""

    of = serializers.ChoiceField(TrialOf.choices)
    source = serializers.CharField(source="source.name", default=None, allow_null=True)  # type: ignore[assignment]
    inbound = serializers.IntegerField(source="inbound_id", allow_null=True)
    facts = serializers.DictField(child=serializers.CharField(), help_text="The alert that was sent, by field.")
    obstacles = serializers.ListField(
        child=serializers.DictField(), help_text="Conditions of the rule that no test alert meets."
    )

    class Meta:
        model = Trial
        fields: tuple[str, ...] = (
            "id", "created_at", "actor", "of", "name", "source", "inbound", "facts", "obstacles", "answer_status",
            "answer_reason",
        )  # fmt: skip


class FollowedTrialSerializer(TrialSerializer):
    """One test alert, and how far it has come."""

    course = serializers.SerializerMethodField()

    class Meta(TrialSerializer.Meta):
        fields = (*TrialSerializer.Meta.fields, "course")

    def get_course(self, _trial: Trial) -> CourseSerializer:
        """Its steps as they stand now."""
        return CourseSerializer(self.context["course"]).data  # type: ignore[return-value]  # the shape, for the description
