"""The shapes of what is operated beside the log: hook keys and secrets, refused calls, tokens, the audit trail."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from integrations.contract import LEVELS
from routing.models import ApiToken, AuditEntry, ClientSecret, HookKey, QuarantinedCall, Role


class HookKeySerializer(serializers.ModelSerializer[HookKey]):
    """One hook key; its text stands in `hook_url`, and only in the answer that adds it."""

    hook_url = serializers.CharField(required=False, help_text="Only in the answer that adds the key.")

    class Meta:
        model = HookKey
        fields = ("id", "created_at", "last_used_at", "retired_at", "hook_url")


class ClientSecretSerializer(serializers.ModelSerializer[ClientSecret]):
    """One client secret; its text is never told."""

    class Meta:
        model = ClientSecret
        fields = ("id", "created_at", "last_used_at", "retired_at")


class NewHookKeySerializer(serializers.Serializer[Any]):
    """A further hook key."""

    key = serializers.CharField(required=False, max_length=200, help_text="Left out: a random one.")


class NewClientSecretSerializer(serializers.Serializer[Any]):
    """A further client secret."""

    secret = serializers.CharField(max_length=200, help_text="As Sentry's integration shows it.")


class SourceTestSerializer(serializers.Serializer[Any]):
    """What the test alert is about."""

    project = serializers.SlugField(default="test-project", max_length=100)
    environment = serializers.RegexField(r"\A[\w. -]+\Z", default="production", max_length=64)
    level = serializers.ChoiceField(LEVELS, default="error")


class ReceiptTargetSerializer(serializers.Serializer[Any]):
    """What becomes of it at one target."""

    name = serializers.CharField()
    status = serializers.CharField()
    reason = serializers.CharField()
    severity = serializers.CharField()


class ReceiptSerializer(serializers.Serializer[Any]):
    """What the receiver answers for a webhook that is stored."""

    id = serializers.IntegerField()
    status = serializers.CharField()
    reason = serializers.CharField()
    targets = ReceiptTargetSerializer(many=True)
    advice = serializers.CharField(required=False)


class QuarantinedCallSerializer(serializers.ModelSerializer[QuarantinedCall]):
    """One refused call; its body is kept sealed and not told."""

    source = serializers.CharField(source="source.name")  # type: ignore[assignment]  # a field, not the base's

    class Meta:
        model = QuarantinedCall
        fields = ("id", "source", "received_at", "reason", "size", "replayed_at")


class ReplaySerializer(serializers.Serializer[Any]):
    """How to replay."""

    add_bot = serializers.BooleanField(
        default=False, help_text="First make a Feishu target of the bot address that nobody had configured."
    )


class ReplayManySerializer(ReplaySerializer):
    """Which refused calls to replay: all that wait, unless it says which."""

    source = serializers.CharField(required=False, max_length=100)  # type: ignore[assignment]  # as above
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=200
    )


class ReplayedManySerializer(serializers.Serializer[Any]):
    """How the receiver took them."""

    accepted = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of the calls that are stored now."
    )
    refused = serializers.ListField(child=serializers.IntegerField(), help_text="Mend the cause first.")


class MoveSerializer(serializers.Serializer[Any]):
    """Where a rule goes: before or after another."""

    before = serializers.CharField(required=False, max_length=100, help_text="The name of a rule.")
    after = serializers.CharField(required=False, max_length=100, help_text="The name of a rule.")


class OrderSerializer(serializers.Serializer[Any]):
    """The names of all rules, in their order."""

    order = serializers.ListField(child=serializers.CharField())


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    """A token; its text is never told again."""

    role = serializers.ChoiceField(Role.choices)

    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = ("name", "role", "prefix", "created_at", "expires_at", "last_used_at")
        read_only_fields: tuple[str, ...] = ("prefix", "created_at", "last_used_at")

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        """A token that has expired already is a mistake."""
        if value is not None and value <= timezone.now():
            raise serializers.ValidationError(_("This moment has passed."))
        return value


class NewTokenSerializer(TokenSerializer):
    """A token that was just made, with its text."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = (*TokenSerializer.Meta.fields, "token")


class AuditEntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """Who did what."""

    detail = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = ("id", "at", "actor", "action", "object_type", "object_id", "object_name", "detail")


class BodySerializer(serializers.Serializer[Any]):
    """A webhook as it came."""

    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField()
