"""The shapes of a shift that is handed over."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from routing.api.serializers.log import ThreadSerializer
from routing.api.serializers.operating import AuditEntrySerializer
from routing.models import Delivery, Silence


def _usual(moment: datetime) -> None:
    """Raise ValidationError for a moment whose zone no clock ever showed in whole minutes, or that no zone can show."""
    if not 2000 <= moment.year <= 9000:
        raise serializers.ValidationError(_("Use a time such as 2026-01-31T09:00:00+08:00."))


class SpanSerializer(serializers.Serializer[Any]):
    """A span of time, whose end is not part of it."""

    since = serializers.DateTimeField(validators=[_usual])
    until = serializers.DateTimeField(validators=[_usual])


class LostDeliverySerializer(serializers.ModelSerializer[Delivery]):
    """A delivery that was given up."""

    inbound = serializers.IntegerField(source="inbound_id", allow_null=True)
    target = serializers.CharField(source="target_name")
    title = serializers.CharField(source="inbound.title", default="")

    class Meta:
        model = Delivery
        fields = ("id", "inbound", "target", "title", "status", "reason", "severity", "created_at", "finished_at")


class SilentSerializer(serializers.ModelSerializer[Silence]):
    """A silence that touches the span."""

    class Meta:
        model = Silence
        fields = ("name", "starts_at", "ends_at", "reason")


class PartSerializer(serializers.Serializer[Any]):
    """How many stand in one status."""

    status = serializers.CharField(source="code")
    count = serializers.IntegerField()


class ShiftSerializer(serializers.Serializer[Any]):
    """What happened, in numbers that add up, and what a person should look at; each list has at most 50."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    received = serializers.IntegerField()
    inbounds = PartSerializer(many=True)
    messages = serializers.IntegerField()
    deliveries = PartSerializer(many=True)
    opened = ThreadSerializer(many=True)
    lost = LostDeliverySerializer(many=True)
    closed = AuditEntrySerializer(many=True)
    silences = SilentSerializer(many=True)
