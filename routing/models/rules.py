"""How alerts find targets: rules, the severity mapping, silences, and the stored versions of the rule set."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from routing.models.naming import name_field


class SentryStatus(models.TextChoices):
    """The seed's left column."""

    CRITICAL = "critical", _("critical (metric alert)")
    WARNING = "warning", _("warning (metric alert)")
    TRIGGERED = "triggered", _("triggered (issue alert)")
    RESOLVED = "resolved", _("resolved")


class Level(models.TextChoices):
    """Sentry's event levels, loudest first."""

    FATAL = "fatal", "fatal"
    ERROR = "error", "error"
    WARNING = "warning", "warning"
    INFO = "info", "info"
    DEBUG = "debug", "debug"


class Severity(models.TextChoices):
    """What a target is told, and the choice to tell nobody."""

    CRITICAL = "critical", _("Critical")
    WARNING = "warning", _("Warning")
    INFO = "info", _("Info")
    OK = "ok", _("Ok")
    DROP = "drop", _("do not send")


class Rule(models.Model):
    """A line of routing. `when` is checked by `policy.conditions`, `severity` by `policy.severity`."""

    name = name_field()
    position = models.PositiveIntegerField(default=0, db_index=True, editable=False)
    enabled = models.BooleanField(_("enabled"), default=True)
    source = models.ForeignKey(
        "routing.Source",
        models.PROTECT,
        verbose_name=_("Sentry connection"),
        null=True,
        blank=True,
        related_name="rules",
    )
    project = models.CharField(
        _("project"), max_length=200, blank=True, help_text=_("A project slug. Empty: every project.")
    )
    when = models.JSONField(_("conditions"), default=list, blank=True)
    severity = models.JSONField(_("severity overlay"), default=dict, blank=True)
    targets = models.ManyToManyField("routing.Target", verbose_name=_("targets"), blank=True, related_name="rules")
    continues = models.BooleanField(
        _("continue"), default=False, help_text=_("After a match, go on to the next rule instead of stopping.")
    )
    repeat_minutes = models.PositiveIntegerField(
        _("repeat at most every (minutes)"),
        default=0,
        help_text=_("0: every alert. A louder severity always passes."),
    )
    active = models.JSONField(_("active hours"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(m2m_fields=[targets], excluded_fields=["updated_at"])

    class Meta:
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class SeverityMapping(models.Model):
    """One line of the default mapping: (Sentry status, optionally level) to severity."""

    sentry_status = models.CharField(_("Sentry status"), max_length=16, choices=SentryStatus.choices)
    level = models.CharField(
        _("event level"), max_length=16, choices=Level.choices, blank=True, help_text=_("Empty: every level.")
    )
    severity = models.CharField(_("severity"), max_length=16, choices=Severity.choices)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("severity mapping")
        verbose_name_plural = _("severity mappings")
        ordering = ["sentry_status", "level"]
        constraints = [
            models.UniqueConstraint(fields=["sentry_status", "level"], name="one_severity_per_status_and_level"),
            models.CheckConstraint(
                condition=~Q(sentry_status="resolved") | Q(severity__in=["ok", "drop"]),
                name="resolved_is_ok_or_dropped",
                violation_error_message=_("A resolved alert can only become Ok, or not be sent."),
            ),
            models.CheckConstraint(
                condition=Q(sentry_status="resolved") | ~Q(severity="ok"),
                name="firing_is_never_ok",
                violation_error_message=_("A firing alert can never become Ok."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} → {self.severity}"

    @property
    def key(self) -> str:
        """`status` or `status.level`, as the configuration file writes it."""
        return f"{self.sentry_status}.{self.level}" if self.level else self.sentry_status


class Silence(models.Model):
    """Matchers and a time range or weekly window in which matching alerts are held back."""

    name = name_field()
    when = models.JSONField(_("conditions"), default=list, blank=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("to"), null=True, blank=True)
    weekly = models.JSONField(_("weekly window"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    summary = models.BooleanField(
        _("summary at the end"),
        default=True,
        help_text=_("When it ends, tell each target once what was held back and is still unresolved."),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("author"), null=True, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(excluded_fields=["updated_at"])

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekly__isnull=False, starts_at__isnull=True, ends_at__isnull=True)
                | Q(weekly__isnull=True, starts_at__isnull=False, ends_at__isnull=False),
                name="silence_is_a_range_or_weekly",
                violation_error_message=_("Give either from and to, or a weekly window."),
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                name="silence_ends_after_it_starts",
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RulesVersion(models.Model):
    """An immutable copy of the rule set that decisions refer to; written when first used."""

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    content = models.JSONField(_("content"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("rules version")
        verbose_name_plural = _("rules versions")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.digest[:12]


class ConfigurationStamp(models.Model):
    """One row whose number rises with every change of configuration, by database triggers: see `routing.triggers`."""

    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_configuration_stamp")]

    def __str__(self) -> str:
        return str(self.number)
