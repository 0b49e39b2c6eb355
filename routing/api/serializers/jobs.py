"""The shapes of jobs of many: what is asked for, what it would do, and how far it is."""

from typing import Any

from django.db.models import Count
from rest_framework import serializers

from routing.models import BulkAct, BulkJob, BulkReason, BulkStatus

_MAX_ID = 2**63 - 1


def _counts(said: str) -> serializers.DictField:
    return serializers.DictField(child=serializers.IntegerField(), help_text=said)


class PlanRequestSerializer(serializers.Serializer[Any]):
    """An act, and which rows."""

    act = serializers.ChoiceField(BulkAct.choices)
    filter = serializers.DictField(
        child=serializers.CharField(max_length=300),
        help_text=(
            "Filters of the list that the act belongs to, by name: of deliveries for resend, resend_now and cancel, of "
            "inbounds for reprocess, of quarantine for replay. {} means all of them."
        ),
    )


class JobRequestSerializer(PlanRequestSerializer):
    """An act, which rows, and what keeps a repeated call from beginning it twice."""

    name = serializers.CharField(
        required=False,
        max_length=100,
        help_text="The same call with the same name again is answered with the job that there is.",
    )
    last = serializers.IntegerField(
        required=False, min_value=0, max_value=_MAX_ID, help_text="From the plan: what came after it is left alone."
    )


class TargetPlanSerializer(serializers.Serializer[Any]):
    """What one target would be told."""

    name = serializers.CharField(source="target.name")
    count = serializers.IntegerField()
    seconds = serializers.FloatField(help_text="How long it takes under the target's limits.")
    trouble = serializers.ChoiceField(["off", "broken", "failing"], allow_blank=True)


class PlanSerializer(serializers.Serializer[Any]):
    """What a job would do; nothing is begun."""

    act = serializers.CharField()
    found = serializers.IntegerField(help_text="Rows that the filter finds.")
    total = serializers.IntegerField(help_text="Rows that the job would take on.")
    is_too_large = serializers.BooleanField(help_text="One job does not take so many: narrow the filter.")
    left_out = _counts("Why the other rows are left out.")
    targets = TargetPlanSerializer(many=True)
    seconds = serializers.FloatField(help_text="How long it takes: targets are told side by side.")
    looked_at = serializers.IntegerField(help_text="For resend_now: how many alerts were decided for `targets`.")
    untold = _counts("For resend_now: of those, whom nobody would be told of, and why.")


class ShownPlanSerializer(PlanSerializer):
    """A plan, and the newest row that it saw."""

    last = serializers.IntegerField(help_text="Send it back with the job.")


class JobSerializer(serializers.ModelSerializer[BulkJob]):
    """One job of many."""

    act = serializers.ChoiceField(BulkAct.choices)
    status = serializers.ChoiceField(BulkStatus.choices)
    name = serializers.CharField(allow_blank=True)
    filter = serializers.DictField(child=serializers.CharField())
    left = serializers.IntegerField()
    reason = serializers.ChoiceField(BulkReason.choices, allow_blank=True, help_text="Why it was cancelled.")
    reasons = _counts("Why rows failed or were left out.")

    class Meta:
        model = BulkJob
        fields: tuple[str, ...] = (
            "id", "name", "act", "status", "reason", "actor", "filter", "total", "done", "failed", "left_out", "left", "reasons",
            "created_at", "finished_at",
        )  # fmt: skip


class WatchedJobSerializer(JobSerializer):
    """One job, and what became of what it sent."""

    deliveries = serializers.SerializerMethodField(help_text="The deliveries that it made, how many in each status.")

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "deliveries")

    def get_deliveries(self, job: BulkJob) -> dict[str, int]:
        """Status -> how many of its deliveries stand there."""
        return dict(job.deliveries.order_by().values_list("status").annotate(Count("pk")))
