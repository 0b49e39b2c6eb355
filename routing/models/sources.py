"""Where alerts come from: Sentry connections, their keys and secrets, their projects."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from routing.fields import SealedField
from routing.models.naming import name_field


class Source(models.Model):
    """One Sentry Internal Integration, or one legacy WebHooks set-up, that points at us."""

    name = name_field()
    title = models.CharField(_("title"), max_length=200, blank=True)
    kind = models.CharField(max_length=32, default="sentry", editable=False)
    accept_unsigned = models.BooleanField(
        _("accept unsigned calls"),
        default=False,
        help_text=_("Only for Sentry's legacy WebHooks, which cannot sign. The hook URL is then the only secret."),
    )
    issue_actions = models.JSONField(
        _("issue actions"),
        default=list,
        blank=True,
        help_text=_("Issue changes to route beside resolved: created, unresolved, archived, ignored."),
    )
    default_targets = models.ManyToManyField(
        "routing.Target",
        verbose_name=_("default targets"),
        blank=True,
        related_name="default_of_sources",
        help_text=_("Who gets what no rule matched."),
    )
    silence_after_minutes = models.PositiveIntegerField(
        _("expected at least every (minutes)"),
        null=True,
        blank=True,
        help_text=_(
            "Tell the operations target when nothing arrives for this long. Empty: longer than is usual at that hour,"
            " learned within some days. 0: not watched."
        ),
    )
    refused_count = models.PositiveIntegerField(default=0, editable=False)
    refused_at = models.DateTimeField(null=True, editable=False)
    refused_reason = models.CharField(max_length=32, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(
        m2m_fields=[default_targets],
        excluded_fields=["refused_count", "refused_at", "refused_reason", "updated_at"],
    )

    class Meta:
        verbose_name = _("Sentry connection")
        verbose_name_plural = _("Sentry connections")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title or self.name


class HookKey(models.Model):
    """The secret part of a hook URL. Found by its SHA-256; sealed so that operators can copy the URL again."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="hook_keys")
    key = SealedField()
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("hook key")
        verbose_name_plural = _("hook keys")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"


class ClientSecret(models.Model):
    """A secret the source signs with; several may be active, so that rotation refuses nothing."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="client_secrets")
    secret = SealedField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)

    class Meta:
        verbose_name = _("client secret")
        verbose_name_plural = _("client secrets")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.source} #{self.pk}"


class Project(models.Model):
    """One Sentry project of a source, learned from payloads or announced by the operator."""

    source = models.ForeignKey(Source, models.CASCADE, verbose_name=_("Sentry connection"), related_name="projects")
    slug = models.CharField(_("slug"), max_length=200)
    sentry_id = models.BigIntegerField(_("Sentry id"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    default_targets = models.ManyToManyField(
        "routing.Target",
        verbose_name=_("default targets"),
        blank=True,
        related_name="default_of_projects",
        help_text=_("Who gets what no rule matched; empty means the connection's own default targets."),
    )
    silence_after_minutes = models.PositiveIntegerField(
        _("expected at least every (minutes)"),
        null=True,
        blank=True,
        help_text=_("Empty: longer than is usual at that hour, learned within some days. 0: not watched."),
    )
    is_learned = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords(m2m_fields=[default_targets], excluded_fields=["updated_at"])

    class Meta:
        verbose_name = _("Sentry project")
        verbose_name_plural = _("Sentry projects")
        ordering = ["source", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["source", "slug"], name="project_slug_once_per_source"),
            models.UniqueConstraint(
                fields=["source", "sentry_id"],
                condition=Q(sentry_id__isnull=False),
                name="project_sentry_id_once_per_source",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.slug


class Rhythm(models.Model):
    """When webhooks usually come: what `policy.rhythms` knows of a source, or of one of its projects."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="rhythms")
    project_slug = models.CharField(max_length=200, blank=True)
    """Empty for the source as a whole."""
    since = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    days = models.JSONField(default=dict)
    """Day -> [count, gaps of 24 hours]."""
    read_to = models.BigIntegerField(default=0)
    """For the source as a whole: the last received webhook that was taken in."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "project_slug"], name="one_rhythm_per_project")]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.project_slug}"
