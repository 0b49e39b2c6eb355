"""What keeps the relay itself running and accountable: workers, notices, tokens, the audit trail."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from routing.models.naming import name_field


class Worker(models.Model):
    """A running worker process, by its heartbeat."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    """Host, process id and a random part."""
    host = models.CharField(_("host"), max_length=100)
    pid = models.PositiveIntegerField()
    engine = models.CharField(_("engine"), max_length=16)
    """`embedded`, `relay` or `celery`."""
    slots = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    beat_at = models.DateTimeField(_("heartbeat"), default=timezone.now)

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Notice(models.Model):
    """One cause the operations target was told of; told again at most once an hour while it lasts."""

    cause = models.CharField(max_length=200, unique=True)
    """A code and what it is about, such as `dead:team-feishu`."""
    title = models.JSONField()
    """The sentence in both languages: {"en": …, "zh": …}."""
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    over_told_at = models.DateTimeField(null=True)
    """When the operations target was last told that it is over."""

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return self.cause


class Role(models.TextChoices):
    """What a token or a group may do."""

    VIEWER = "viewer", _("viewer")
    OPERATOR = "operator", _("operator")
    ADMIN = "admin", _("administrator")


class ApiToken(models.Model):
    """A bearer token of the REST API; only its SHA-256 is stored."""

    name = name_field()
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what to which object, outside the history of configuration: resends, replays, cancels, tests."""

    at = models.DateTimeField(_("time"), default=timezone.now)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    actor = models.CharField(_("actor"), max_length=150)
    """The user's or token's name, kept when either is gone."""
    action = models.CharField(_("action"), max_length=64)
    object_type = models.CharField(_("object type"), max_length=64, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    object_name = models.CharField(_("object"), max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.object_name}"


class SandboxCall(models.Model):
    """A call that the demo's look-alike of the vendors received, and what it answered."""

    bot = models.CharField(max_length=100, db_index=True)
    kind = models.CharField(max_length=32)
    received_at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()
    accepted = models.BooleanField()
    seen = models.JSONField(null=True)
    """What a human would see: see `integrations.sandbox`."""

    class Meta:
        verbose_name = _("sandbox message")
        verbose_name_plural = _("sandbox messages")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.bot} {self.status}"
