"""Where messages go: one table for every kind of target."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from integrations.contract import Settings
from integrations.registry import DESTINATIONS
from routing.fields import Sealed, SealedMapField
from routing.models.naming import name_field


class Target(models.Model):
    """A place we deliver to. `options` and `credentials` hold what its kind declares as fields."""

    name = name_field()
    title = models.CharField(_("title"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=32)
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("While off, new alerts are noted but not sent, and what waits pauses.")
    )
    options = models.JSONField(default=dict, blank=True)
    credentials = SealedMapField()
    address_digest = models.CharField(max_length=64, blank=True, default="", editable=False, db_index=True)
    fallback = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("fallback"),
        null=True,
        blank=True,
        related_name="fallback_for",
        help_text=_("Who gets what could not be delivered here in time."),
    )
    fallback_after_minutes = models.PositiveIntegerField(
        _("fallback after (minutes)"), null=True, blank=True, help_text=_("Empty: 10, and 2 for critical alerts.")
    )
    is_operations = models.BooleanField(
        _("operations target"), default=False, help_text=_("The one target that is told when the relay needs a person.")
    )

    # Runtime state, written by the worker only and never through save().
    second_tat = models.BigIntegerField(default=0, editable=False)
    minute_tat = models.BigIntegerField(default=0, editable=False)
    consecutive_failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    last_failure_at = models.DateTimeField(_("last failure"), null=True, editable=False)
    last_failure_reason = models.CharField(max_length=32, blank=True, default="", editable=False)
    broken_since = models.DateTimeField(null=True, editable=False)
    probe_at = models.DateTimeField(null=True, editable=False)
    probe_seconds = models.PositiveIntegerField(default=0, editable=False)

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    RUNTIME_FIELDS = (
        "second_tat",
        "minute_tat",
        "consecutive_failures",
        "failing_since",
        "last_success_at",
        "last_failure_at",
        "last_failure_reason",
        "broken_since",
        "probe_at",
        "probe_seconds",
    )

    history = HistoricalRecords(excluded_fields=["credentials", "address_digest", "updated_at", *RUNTIME_FIELDS])

    class Meta:
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_operations"], condition=Q(is_operations=True), name="one_operations_target"
            ),
            models.CheckConstraint(
                condition=Q(fallback__isnull=True) | ~Q(fallback=models.F("id")), name="target_is_not_its_own_fallback"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.name

    def settings(self) -> Settings:
        """Options and opened credentials as one mapping, completed by the kind's defaults.

        Raises UnsealingError when FIELD_KEYS no longer fit; a kind that is not registered has no defaults.
        """
        return settings_of(self.kind, self.options, self.credentials)


def settings_of(kind: str, options: Mapping[str, Any], credentials: Mapping[str, Sealed]) -> Settings:
    """What a target of a kind is set to, as `Target.settings` says it."""
    stored = {**options, **{name: sealed.open() for name, sealed in credentials.items()}}
    return DESTINATIONS[kind].complete(stored) if kind in DESTINATIONS else stored


class FeishuBotManager(models.Manager["FeishuBot"]):
    """Only Feishu bots."""

    def get_queryset(self) -> "models.QuerySet[FeishuBot]":
        """Targets of this kind."""
        return super().get_queryset().filter(kind="feishu")


class FeishuBot(Target):
    """A Feishu or Lark group bot, for the menu."""

    objects: ClassVar[FeishuBotManager] = FeishuBotManager()

    class Meta:
        proxy = True
        verbose_name = _("Feishu bot")
        verbose_name_plural = _("Feishu bots")


class FlashdutyTargetManager(models.Manager["FlashdutyTarget"]):
    """Only Flashduty integrations."""

    def get_queryset(self) -> "models.QuerySet[FlashdutyTarget]":
        """Targets of this kind."""
        return super().get_queryset().filter(kind="flashduty")


class FlashdutyTarget(Target):
    """A Flashduty integration, for the menu."""

    objects: ClassVar[FlashdutyTargetManager] = FlashdutyTargetManager()

    class Meta:
        proxy = True
        verbose_name = _("Flashduty target")
        verbose_name_plural = _("Flashduty targets")
