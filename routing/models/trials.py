"""Test alerts that people sent, each followed on a page of its own."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TrialOf(models.TextChoices):
    """What a test alert tries."""

    SOURCE = "source", _("Sentry connection")
    RULE = "rule", _("routing rule")
    TARGET = "target", _("target")
    ONLY_TARGET = "only_target", _("this target only")


class Trial(models.Model):
    """One test alert: what was sent, how the receiver answered, and the webhook that came of it."""

    created_at = models.DateTimeField(_("time"), default=timezone.now)
    actor = models.CharField(_("actor"), max_length=150)
    of = models.CharField(_("tries"), max_length=16, choices=TrialOf.choices)
    source = models.ForeignKey(
        "routing.Source", models.SET_NULL, verbose_name=_("Sentry connection"), null=True, related_name="trials"
    )
    rule = models.ForeignKey(
        "routing.Rule", models.SET_NULL, verbose_name=_("routing rule"), null=True, related_name="trials"
    )
    target = models.ForeignKey(
        "routing.Target", models.SET_NULL, verbose_name=_("target"), null=True, related_name="trials"
    )
    name = models.CharField(_("name"), max_length=100)
    """Of what is tried, kept when it is gone."""
    facts = models.JSONField(default=dict)
    """The alert that was sent, by field."""
    obstacles = models.JSONField(default=list)
    """Conditions of the rule that no sample meets, as the configuration file writes them."""
    answer_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    """Of the receiver; NULL where it was not asked."""
    answer_reason = models.CharField(_("reason"), max_length=32, blank=True)
    answer_detail = models.TextField(blank=True)
    inbound = models.ForeignKey(
        "routing.Inbound", models.CASCADE, verbose_name=_("received webhook"), null=True, related_name="trials"
    )

    class Meta:
        verbose_name = _("test alert")
        verbose_name_plural = _("test alerts")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"
