"""What is done to many rows at once, in the background: jobs, and what each of them has left to do."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BulkAct(models.TextChoices):
    """What a job does to each of its rows."""

    RESEND = "resend", _("resend as it was")
    RESEND_NOW = "resend_now", _("resend as it would be now")
    CANCEL = "cancel", _("cancel what waits")
    REPROCESS = "reprocess", _("decide again")
    REPLAY = "replay", _("replay refused calls")


class BulkStatus(models.TextChoices):
    """Where a job stands."""

    PREPARING = "preparing", _("being prepared")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class BulkReason(models.TextChoices):
    """Why a job was cancelled."""

    CANCELLED_BY_OPERATOR = "cancelled_by_operator", _("stopped by a person")
    NOT_PREPARED = "not_prepared", _("the process that prepared it died")
    TOKEN_REVOKED = "token_revoked", _("the token that began it was revoked")
    TOKEN_EXPIRED = "token_expired", _("the token that began it has expired")
    USER_DEACTIVATED = "user_deactivated", _("the account that began it was switched off or deleted")
    PERMISSION_LOST = "permission_lost", _("the account that began it may not do this any more")


class ActorKind(models.TextChoices):
    """What began a job; kept when it is gone."""

    USER = "user"
    TOKEN = "token"  # noqa: S105 - a word


class BulkJob(models.Model):
    """One act on many rows, chosen by a filter, worked off by the worker."""

    act = models.CharField(_("act"), max_length=16, choices=BulkAct.choices)
    status = models.CharField(_("status"), max_length=16, choices=BulkStatus.choices, default=BulkStatus.PREPARING)
    reason = models.CharField(
        _("reason"), max_length=32, choices=BulkReason.choices, blank=True, default="", db_default=""
    )
    """Why it was cancelled; empty otherwise."""
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("user"), null=True)
    token = models.ForeignKey("ApiToken", models.SET_NULL, verbose_name=_("API token"), null=True)
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices, blank=True, default="", db_default="")
    """Empty for a command, and for what began before this was noted."""
    actor = models.CharField(_("actor"), max_length=150)
    """The user's or token's name, kept when either is gone."""
    name = models.CharField(_("name"), max_length=100, blank=True, default="", db_default="")
    """What a caller calls it, so that asking twice begins one job; empty where nobody did."""
    filter = models.JSONField(_("filter"), default=dict)
    """The filter as its page or the API knows it: name -> value."""
    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    left_out = models.PositiveIntegerField(_("left out"), default=0)
    reasons = models.JSONField(default=dict)
    """Why rows failed or were left out: code -> how many."""
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    worked_until = models.DateTimeField(null=True)
    """The lease of the worker that is at it; one that died lets it run out."""

    class Meta:
        verbose_name = _("bulk job")
        verbose_name_plural = _("bulk jobs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], name="bulk_unfinished", condition=Q(finished_at__isnull=True))]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_bulk_job_per_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.get_act_display()}"

    @property
    def left(self) -> int:
        """How many rows are still to be worked off."""
        return max(0, self.total - self.done - self.failed - self.left_out)


class BulkItem(models.Model):
    """A row that a job has still to work off; removed in the transaction that does it."""

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items", db_index=False)
    lane = models.BigIntegerField(default=0)
    """Rows of one lane wait for each other, other lanes go on: the target of what is resent as it was, else 0."""
    object_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["job", "lane", "id"], name="bulk_lane")]

    def __str__(self) -> str:
        return f"{self.job_id}: {self.object_id}"
