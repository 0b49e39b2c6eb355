"""What went out: threads, deliveries, attempts. Read-only to people."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from routing.models.log import Inbound
from routing.models.rules import SentryStatus, Severity


class Thread(models.Model):
    """One target's running conversation about one alert key."""

    target = models.ForeignKey(
        "routing.Target", models.CASCADE, verbose_name=_("target"), related_name="threads", db_index=False
    )
    source_name = models.CharField(max_length=100, blank=True)
    alert_key = models.CharField(_("alert key"), max_length=64)
    is_open = models.BooleanField(_("open"), default=False)
    round = models.PositiveIntegerField(default=0)
    next_sequence = models.PositiveIntegerField(default=1)
    last_status = models.CharField(max_length=16, choices=SentryStatus.choices, blank=True)
    last_severity = models.CharField(_("last severity"), max_length=16, choices=Severity.choices, blank=True)
    last_fired_at = models.DateTimeField(null=True)
    """When the last firing was stored unsuppressed."""
    recovery_severity = models.CharField(max_length=16, choices=Severity.choices, default=Severity.OK)
    announced_by = models.CharField(max_length=64, blank=True, default="", db_default="")
    """The resource that announced the problem last."""
    announced_at = models.DateTimeField(null=True)
    cause_key = models.CharField(max_length=64, null=True)
    """What threads about the same cause under other alert keys have in common; NULL for most."""
    echo_key = models.CharField(max_length=64, null=True)
    """The other alert key whose announcement was held back because of this thread: its recovery belongs here, too."""
    project_slug = models.CharField(_("project"), max_length=200, blank=True)
    environment = models.CharField(_("environment"), max_length=200, blank=True)
    title = models.CharField(_("title"), max_length=512, blank=True)
    link = models.TextField(blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("alert timeline")
        verbose_name_plural = _("alert timelines")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["target", "alert_key"], name="one_thread_per_target_and_key")]
        indexes = [
            models.Index(fields=["alert_key"], name="thread_key"),
            models.Index(fields=["-opened_at"], name="thread_open", condition=Q(is_open=True)),
            models.Index(fields=["-opened_at", "-id"], name="thread_opened"),
            models.Index(fields=["cause_key"], name="thread_cause", condition=Q(cause_key__isnull=False)),
            models.Index(fields=["echo_key"], name="thread_echo", condition=Q(echo_key__isnull=False)),
        ]
        permissions = [("close_thread", "Can close an open alert by hand")]

    def __str__(self) -> str:
        return self.title or self.alert_key


class OpenThread(Thread):
    """A thread whose problem is not over, for the hand-over page."""

    class Meta:
        proxy = True
        verbose_name = _("open alert")
        verbose_name_plural = _("open alerts (hand-over)")


class DeliveryStatus(models.TextChoices):
    """Where a delivery stands."""

    PENDING = "pending", _("waiting")
    SENDING = "sending", _("sending")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("failed (given up)")
    EXPIRED = "expired", _("expired")
    SUPPRESSED = "suppressed", _("not sent (with reason)")
    CANCELLED = "cancelled", _("cancelled")


class DeliveryReason(models.TextChoices):
    """Why a delivery was not sent, or ended as it did; failed attempts carry `contract.Reason` codes instead."""

    SILENCED = "silenced", _("silenced")
    REPEATED = "repeated", _("told already")
    TARGET_DISABLED = "target_disabled", _("target is disabled")
    DROPPED = "dropped", _("severity says: do not send")
    UNSUPPORTED_BY_MODE = "unsupported_by_mode", _("the target's mode cannot say this")
    NEVER_TOLD = "never_told", _("the target was never told of the problem")
    IN_DIGEST = "in_digest", _("folded into a digest")
    LATE_COPY = "late_copy", _("copy for the fallback")
    CANCELLED_BY_OPERATOR = "cancelled_by_operator", _("cancelled by an operator")
    EXPIRED = "expired", _("not delivered within 24 hours")


class MessageType(models.TextChoices):
    """Why a target is spoken to; the same codes as `contract.MessageType`."""

    ALERT = "alert", _("alert")
    SUMMARY = "summary", _("summary after a silence")
    DIGEST = "digest", _("digest of a storm")
    OPERATIONS = "operations", _("operations")


class Delivery(models.Model):
    """One message for one target: the outbox row and the log in one. The queue is `due_at`."""

    inbound = models.ForeignKey(Inbound, models.CASCADE, null=True, related_name="deliveries")
    target = models.ForeignKey(
        "routing.Target",
        models.SET_NULL,
        verbose_name=_("target"),
        null=True,
        related_name="deliveries",
        db_index=False,
    )
    target_name = models.CharField(_("target"), max_length=100)
    kind = models.CharField(_("kind"), max_length=32)
    thread = models.ForeignKey(Thread, models.SET_NULL, null=True, related_name="deliveries", db_index=False)
    round = models.PositiveIntegerField(default=0)
    sequence = models.PositiveIntegerField(default=0)
    message_type = models.CharField(
        _("message type"), max_length=16, choices=MessageType.choices, default=MessageType.ALERT
    )
    message = models.JSONField(null=True)
    """What to say where it does not follow from the inbound: the listing of a summary, digest or operations message."""
    status = models.CharField(
        _("status"), max_length=16, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING
    )
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    severity = models.CharField(_("severity"), max_length=16, choices=Severity.choices)
    sentry_status = models.CharField(_("Sentry status"), max_length=16, choices=SentryStatus.choices, blank=True)
    alert_key = models.CharField(_("alert key"), max_length=64, blank=True)
    project_slug = models.CharField(_("project"), max_length=200, blank=True)
    rules = models.JSONField(_("rules"), default=list)
    priority = models.SmallIntegerField(default=1)
    """0 is sent before 1; critical alerts are 0."""
    attempt_count = models.PositiveIntegerField(_("attempts"), default=0)
    simplified = models.BooleanField(default=False)
    """The next attempt uses the destination's simpler form."""
    maybe_duplicate = models.BooleanField(_("may be a duplicate"), default=False)
    is_test = models.BooleanField(_("test"), default=False)
    silence = models.ForeignKey("routing.Silence", models.SET_NULL, null=True, related_name="held_back", db_index=False)
    silence_name = models.CharField(max_length=100, blank=True)
    held_until = models.DateTimeField(null=True)
    """For suppressed firings: when the window that held this back ends."""
    awaits_summary = models.BooleanField(default=False)
    """A silenced firing whose target has not been told yet: false once summed up, resolved or told."""
    summary = models.ForeignKey("self", models.SET_NULL, null=True, related_name="summarised", db_index=False)
    digest = models.ForeignKey("self", models.SET_NULL, null=True, related_name="members", db_index=False)
    fallback_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="fallback_copies", db_index=False)
    resend_of = models.ForeignKey("self", models.SET_NULL, null=True, related_name="resends", db_index=False)
    bulk_job = models.ForeignKey(
        "routing.BulkJob",
        models.SET_NULL,
        verbose_name=_("bulk job"),
        null=True,
        related_name="deliveries",
        db_index=False,
    )
    """The job of many that made it."""
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    due_at = models.DateTimeField(_("due"), null=True)
    """The next attempt, or the end of the lease while sending; NULL when finished or behind an older one."""
    expires_at = models.DateTimeField(null=True)
    fallback_at = models.DateTimeField(null=True)
    """When the fallback is to be told; NULL once it was, or where there is none."""
    finished_at = models.DateTimeField(_("finished"), null=True)
    claim = models.CharField(max_length=32, blank=True, default="")
    """The fencing token of who is sending; every settle is conditional on it."""
    queued_until = models.DateTimeField(null=True)
    """With a broker: published, and not published again before this time."""

    class Meta:
        verbose_name = _("delivery log")
        verbose_name_plural = _("delivery log")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["target", "priority", "due_at"], name="delivery_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["thread", "id"], name="delivery_unfinished", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["expires_at"], name="delivery_expiring", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["fallback_at"], name="delivery_fallback", condition=Q(fallback_at__isnull=False)),
            models.Index(
                fields=["silence", "target"], name="delivery_awaits_summary", condition=Q(awaits_summary=True)
            ),
            models.Index(fields=["status", "-id"], name="delivery_status"),
            models.Index(fields=["target", "-id"], name="delivery_target"),
            models.Index(fields=["created_at"], name="delivery_created"),
            models.Index(fields=["thread", "-id"], name="delivery_thread"),
            models.Index(fields=["alert_key", "-id"], name="delivery_alert_key"),
            models.Index(fields=["project_slug", "-id"], name="delivery_project"),
            models.Index(fields=["silence"], name="delivery_silence", condition=Q(silence__isnull=False)),
            models.Index(fields=["summary"], name="delivery_summary", condition=Q(summary__isnull=False)),
            models.Index(fields=["digest"], name="delivery_digest", condition=Q(digest__isnull=False)),
            models.Index(fields=["fallback_of"], name="delivery_fallback_of", condition=Q(fallback_of__isnull=False)),
            models.Index(fields=["resend_of"], name="delivery_resend_of", condition=Q(resend_of__isnull=False)),
            models.Index(fields=["reason", "-id"], name="delivery_reason", condition=~Q(reason="")),
            models.Index(fields=["message_type", "-id"], name="delivery_message", condition=~Q(message_type="alert")),
            models.Index(fields=["severity", "-id"], name="delivery_severity", condition=~Q(severity="warning")),
            models.Index(fields=["-id"], name="delivery_test", condition=Q(is_test=True)),
            models.Index(fields=["bulk_job", "status"], name="delivery_bulk_job", condition=Q(bulk_job__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(due_at__isnull=True), name="finished_is_never_due"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sending"], finished_at__isnull=True)
                | Q(
                    status__in=["delivered", "dead", "expired", "suppressed", "cancelled"],
                    finished_at__isnull=False,
                ),
                name="delivery_is_finished_when_its_status_says_so",
            ),
        ]
        permissions = [
            ("resend_delivery", "Can resend deliveries"),
            ("cancel_delivery", "Can cancel waiting deliveries"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} → {self.target_name}"


class Attempt(models.Model):
    """One HTTP try of a delivery, or the trace of one that a dead worker left behind (`lost`)."""

    delivery = models.ForeignKey(
        Delivery, models.CASCADE, verbose_name=_("delivery"), related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField(_("number"))
    started_at = models.DateTimeField(_("started"))
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    provider_code = models.CharField(_("provider code"), max_length=64, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16)
    """`sent`, `retry`, `simplify`, `rejected`, or `lost`."""
    reason = models.CharField(_("reason"), max_length=32, blank=True)
    request = models.TextField(_("request"), blank=True)
    response = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["number", "id"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempts_are_numbered")]
        indexes = [
            models.Index(fields=["reason", "-id"], name="attempt_reason", condition=~Q(reason="")),
            models.Index(
                fields=["provider_code", "-id"], name="attempt_code", condition=~Q(provider_code__in=["", "0"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"
