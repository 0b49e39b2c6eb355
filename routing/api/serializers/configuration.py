"""The shapes of configured objects: the words of the configuration file. What they may hold is checked by the service."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from integrations.contract import Field
from integrations.registry import DESTINATIONS

MASKED = "Write-only: shown as ••••; leave it out, or send •••• back, to keep what is stored."
_Names = serializers.ListField(child=serializers.CharField(), required=False, help_text="Names of targets.")


class WindowSerializer(serializers.Serializer[Any]):
    """A weekly window; `to` before `from` reaches into the next day."""

    days = serializers.ListField(
        child=serializers.ChoiceField(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), required=False
    )
    timezone = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With the two that no Python name can have."""
        clock = {name: serializers.CharField(required=False, help_text="18:00") for name in ("from", "to")}
        return {**super().get_fields(), **clock}


class MatcherSerializer(serializers.Serializer[Any]):
    """One condition, or alternatives under `any`."""

    field = serializers.CharField(required=False)
    op = serializers.CharField(required=False)
    value = serializers.JSONField(required=False)
    any = serializers.ListField(child=serializers.DictField(), required=False)


class SourceSerializer(serializers.Serializer[Any]):
    """A Sentry connection."""

    name = serializers.CharField(max_length=100)
    title = serializers.CharField(required=False, max_length=200, allow_blank=True)
    hook_keys = serializers.ListField(child=serializers.CharField(), required=False, help_text=MASKED)
    client_secrets = serializers.ListField(child=serializers.CharField(), required=False, help_text=MASKED)
    accept_unsigned = serializers.BooleanField(required=False)
    issue_actions = serializers.ListField(
        child=serializers.ChoiceField(["created", "unresolved", "archived", "ignored"]), required=False
    )
    default_targets = _Names
    silence_after_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class NewSourceSerializer(SourceSerializer):
    """A Sentry connection that was just made."""

    hook_urls = serializers.ListField(child=serializers.CharField(), help_text="What to paste into Sentry.")


class ProjectSerializer(serializers.Serializer[Any]):
    """A Sentry project of a source."""

    source = serializers.CharField(max_length=100)  # type: ignore[assignment]  # a field, not the base's
    slug = serializers.CharField(max_length=200)
    title = serializers.CharField(required=False, max_length=200, allow_blank=True)
    sentry_id = serializers.IntegerField(required=False, allow_null=True, min_value=0)
    default_targets = _Names
    silence_after_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class RuleSerializer(serializers.Serializer[Any]):
    """A line of routing. A new rule comes last."""

    name = serializers.CharField(max_length=100)
    enabled = serializers.BooleanField(required=False)
    source = serializers.CharField(required=False, allow_null=True)  # type: ignore[assignment]  # as above
    project = serializers.CharField(required=False, allow_blank=True)
    when = MatcherSerializer(many=True, required=False)
    severity = serializers.DictField(child=serializers.CharField(), required=False)
    targets = _Names
    repeat_minutes = serializers.IntegerField(required=False, min_value=0)
    active = WindowSerializer(required=False, allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With the one that no Python name can have."""
        return {**super().get_fields(), "continue": serializers.BooleanField(required=False)}


class SilenceSerializer(serializers.Serializer[Any]):
    """Either `from` and `to`, or `weekly`."""

    name = serializers.CharField(max_length=100)
    when = MatcherSerializer(many=True, required=False)
    weekly = WindowSerializer(required=False, allow_null=True)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
    summary = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """With the ones that no Python name can have."""
        ends = {name: serializers.DateTimeField(required=False, allow_null=True) for name in ("from", "to")}
        return {**super().get_fields(), **ends}


class SettingsSerializer(serializers.Serializer[Any]):
    """What there is one of."""

    operations_target = serializers.CharField(required=False, allow_null=True)
    severity = serializers.DictField(child=serializers.CharField(), required=False)


class TargetSerializer(serializers.Serializer[Any]):
    """What every kind of target has."""

    name = serializers.CharField(max_length=100)
    title = serializers.CharField(required=False, max_length=200, allow_blank=True)
    enabled = serializers.BooleanField(required=False)
    fallback = serializers.CharField(required=False, allow_null=True)
    fallback_after_minutes = serializers.IntegerField(required=False, allow_null=True, min_value=0)


class ErrorsSerializer(serializers.Serializer[Any]):
    """What is wrong, by field; or one sentence under `detail`."""

    detail = serializers.CharField(required=False)


def _setting(field: Field) -> serializers.Field[Any, Any, Any, Any]:
    """The shape of one setting that a kind declares."""
    text = " ".join(part for part in (field.help.en, MASKED if field.credential else "") if part)
    shared: dict[str, Any] = {"required": field.required, "help_text": text}
    if field.type == "choice":
        return serializers.ChoiceField([(value, label.en) for value, label in field.choices], **shared)
    if field.type == "mentions":
        return serializers.DictField(child=serializers.ListField(child=serializers.CharField()), **shared)
    if field.type == "limits":
        return serializers.DictField(child=serializers.FloatField(min_value=0), **shared)
    return serializers.CharField(allow_blank=not field.required, **shared)


def _of_kind(kind: str) -> type[TargetSerializer]:
    fields: dict[str, Any] = {field.name: _setting(field) for field in DESTINATIONS[kind].fields}
    fields["kind"] = serializers.ChoiceField([kind])
    fields["__doc__"] = f"A target of the kind {kind}."
    return type(f"{kind.title()}TargetSerializer", (TargetSerializer,), fields)


KINDS: dict[str, Any] = {kind: _of_kind(kind) for kind in DESTINATIONS}
ANY_TARGET = PolymorphicProxySerializer(component_name="Target", serializers=KINDS, resource_type_field_name="kind")
MANY_TARGETS = PolymorphicProxySerializer(
    component_name="Target", serializers=KINDS, resource_type_field_name="kind", many=True
)
