"""What came in: received webhooks, their bodies, refused calls. Read-only to people."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class InboundStatus(models.TextChoices):
    """Where a received webhook stands."""

    RECEIVED = "received", _("still to decide")
    ROUTED = "routed", _("routed")
    UNROUTED = "unrouted", _("unrouted")
    IGNORED = "ignored", _("ignored")
    MALFORMED = "malformed", _("malformed")
    FAILED = "failed", _("routing failed")


class InboundReason(models.TextChoices):
    """Why a received webhook stands where it stands: stable codes."""

    MATCHED = "matched", _("matched by rules")
    DEFAULT_TARGETS = "default_targets", _("default targets")
    UNMATCHED = "unmatched", _("no rule matched")
    IGNORED_RESOURCE = "ignored_resource", _("resource is not routed")
    IGNORED_ACTION = "ignored_action", _("action is not routed")
    RECOVERY_WITHOUT_FIRING = "recovery_without_firing", _("recovery of something never announced")
    MALFORMED = "malformed", _("not readable")
    DECIDING_FAILED = "deciding_failed", _("our own error while deciding")


class Inbound(models.Model):
    """One webhook request as received, with the decision taken on it."""

    source = models.ForeignKey(
        "routing.Source",
        models.SET_NULL,
        verbose_name=_("Sentry connection"),
        null=True,
        related_name="inbounds",
        db_index=False,
    )
    source_name = models.CharField(_("Sentry connection"), max_length=100)
    project_slug = models.CharField(_("project"), max_length=200, blank=True)
    resource = models.CharField(_("resource"), max_length=64, blank=True)
    action = models.CharField(_("action"), max_length=64, blank=True)
    received_at = models.DateTimeField(pgettext_lazy("time", "received"), default=timezone.now)
    status = models.CharField(_("status"), max_length=16, choices=InboundStatus.choices, default=InboundStatus.RECEIVED)
    reason = models.CharField(_("reason"), max_length=32, choices=InboundReason.choices, blank=True)
    alert_key = models.CharField(_("alert key"), max_length=64, blank=True)
    issue_id = models.CharField(_("issue"), max_length=64, blank=True)
    short_id = models.CharField(max_length=64, blank=True)
    event_id = models.CharField(_("event"), max_length=64, blank=True)
    request_id = models.CharField(_("request id"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=512, blank=True)
    alert = models.JSONField(null=True)
    decision = models.JSONField(null=True)
    flags = models.JSONField(default=list)
    """What was noticed: `unsigned`, `test`, `unknown_resource`, `unfamiliar: …`."""
    traceback = models.TextField(blank=True)
    body_digest = models.CharField(max_length=64, null=True)
    """Of resource and body; NULL once too old to count as a duplicate, or for our own tests."""
    idempotency_key = models.CharField(max_length=128, null=True)
    duplicate_count = models.PositiveIntegerField(_("duplicates"), default=0)
    is_test = models.BooleanField(_("test"), default=False)

    class Meta:
        verbose_name = _("received webhook")
        verbose_name_plural = _("received webhooks")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "-id"], name="inbound_status"),
            models.Index(fields=["source", "-id"], name="inbound_source"),
            models.Index(fields=["project_slug", "-id"], name="inbound_project"),
            models.Index(fields=["received_at"], name="inbound_received"),
            models.Index(fields=["source", "id"], name="inbound_waiting", condition=Q(status="received")),
            models.Index(fields=["alert_key", "-id"], name="inbound_alert_key"),
            models.Index(fields=["issue_id"], name="inbound_issue"),
            models.Index(fields=["short_id"], name="inbound_short_id"),
            models.Index(fields=["event_id"], name="inbound_event"),
            models.Index(fields=["request_id"], name="inbound_request"),
            models.Index(fields=["id", "title"], name="inbound_title"),
            models.Index(fields=["reason", "-id"], name="inbound_reason", condition=~Q(reason="matched")),
            models.Index(
                fields=["resource", "-id"], name="inbound_rare_resource", condition=~Q(resource="event_alert")
            ),
            models.Index(fields=["-id"], name="inbound_test", condition=Q(is_test=True)),
            models.Index(fields=["-id"], name="inbound_repeated", condition=Q(duplicate_count__gt=0)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "body_digest"],
                condition=Q(body_digest__isnull=False),
                name="one_inbound_per_body",
            ),
            models.UniqueConstraint(
                fields=["source", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="one_inbound_per_idempotency_key",
            ),
        ]
        permissions = [
            ("view_body", "Can view the raw body of received webhooks"),
            ("reprocess_inbound", "Can decide received webhooks again"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title or self.resource}"


class InboundBody(models.Model):
    """The original call, compressed and sealed; removed after `BODY_RETENTION_DAYS`."""

    inbound = models.OneToOneField(Inbound, models.CASCADE, primary_key=True, related_name="body")
    data = models.BinaryField()
    """Sealed zlib of the kept headers (JSON), a newline, and the exact body."""

    def __str__(self) -> str:
        return f"body of #{self.inbound_id}"


class QuarantinedCall(models.Model):
    """A refused call, kept sealed and bounded so that a mended secret can replay it. Never delivered as it is."""

    source = models.ForeignKey(
        "routing.Source", models.CASCADE, verbose_name=_("Sentry connection"), related_name="quarantine"
    )
    received_at = models.DateTimeField(pgettext_lazy("time", "received"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=32)
    """`unsigned`, `bad_signature`, or `unknown_target` (a bot URL nobody configured)."""
    data = models.BinaryField()
    """As `InboundBody.data`."""
    size = models.PositiveIntegerField(_("size"))
    address = models.TextField(blank=True)
    """The sealed bot URL of an `unknown_target` call."""
    replayed_at = models.DateTimeField(_("replayed"), null=True)

    class Meta:
        verbose_name = _("refused call")
        verbose_name_plural = _("refused calls")
        ordering = ["-id"]
        permissions = [("replay_quarantinedcall", "Can replay refused calls")]

    def __str__(self) -> str:
        return f"#{self.pk} {self.reason}"
