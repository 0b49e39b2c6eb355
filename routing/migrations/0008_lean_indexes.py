"""Fewer indexes for each webhook to write: none twice, none of NULLs; and what searches and filters of the log need."""

import django.db.models.deletion
from django.db import migrations, models

from routing.indexes import AddIndexOnline, DropIndexes

REDUNDANT = (
    "routing_attempt_delivery_id_65ea6307",  # attempts_are_numbered begins with it
    "routing_delivery_alert_key_6e6f6732",
    "routing_delivery_alert_key_6e6f6732_like",  # nobody asks for a beginning; so with all _like
    "routing_delivery_digest_id_8b8e6d52",  # mostly NULL; so with the next four
    "routing_delivery_fallback_of_id_cd42bf0e",
    "routing_delivery_resend_of_id_208e2118",
    "routing_delivery_silence_id_aca34774",
    "routing_delivery_summary_id_68d10e45",
    "routing_delivery_thread_id_d45e3751",  # delivery_thread begins with it, and gives the newest first
    "routing_delivery_target_id_ebd413c0",  # delivery_target begins with it
    "routing_inbound_alert_key_d241634a",
    "routing_inbound_alert_key_d241634a_like",
    "routing_inbound_issue_id_b356a209",
    "routing_inbound_issue_id_b356a209_like",
    "routing_inbound_project_slug_e5405472",  # inbound_project begins with it
    "routing_inbound_project_slug_e5405472_like",
    "routing_inbound_request_id_1702efc2",
    "routing_inbound_request_id_1702efc2_like",
    "routing_inbound_source_id_5bd4d58e",  # inbound_source begins with it
    "routing_thread_target_id_21c81125",  # one_thread_per_target_and_key begins with it
)


class Migration(migrations.Migration):
    atomic = False  # webhooks come in meanwhile

    dependencies = [
        ("routing", "0007_rhythms"),
    ]

    operations = [
        # Their indexes are dropped by name: altering fifteen fields would copy the log fifteen times on SQLite.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="attempt",
                    name="delivery",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="routing.delivery",
                        verbose_name="delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="alert_key",
                    field=models.CharField(blank=True, max_length=64, verbose_name="alert key"),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="digest",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="members",
                        to="routing.delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="fallback_of",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="fallback_copies",
                        to="routing.delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="resend_of",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="resends",
                        to="routing.delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="silence",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="held_back",
                        to="routing.silence",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="summary",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="summarised",
                        to="routing.delivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="target",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="routing.target",
                        verbose_name="target",
                    ),
                ),
                migrations.AlterField(
                    model_name="delivery",
                    name="thread",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="routing.thread",
                    ),
                ),
                migrations.AlterField(
                    model_name="inbound",
                    name="alert_key",
                    field=models.CharField(blank=True, max_length=64, verbose_name="alert key"),
                ),
                migrations.AlterField(
                    model_name="inbound",
                    name="issue_id",
                    field=models.CharField(blank=True, max_length=64, verbose_name="issue"),
                ),
                migrations.AlterField(
                    model_name="inbound",
                    name="project_slug",
                    field=models.CharField(blank=True, max_length=200, verbose_name="project"),
                ),
                migrations.AlterField(
                    model_name="inbound",
                    name="request_id",
                    field=models.CharField(blank=True, max_length=64, verbose_name="request id"),
                ),
                migrations.AlterField(
                    model_name="inbound",
                    name="source",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="inbounds",
                        to="routing.source",
                        verbose_name="Sentry connection",
                    ),
                ),
                migrations.AlterField(
                    model_name="thread",
                    name="target",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="threads",
                        to="routing.target",
                        verbose_name="target",
                    ),
                ),
            ],
        ),
        AddIndexOnline(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True), fields=["reason", "-id"], name="attempt_reason"
            ),
        ),
        AddIndexOnline(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("provider_code__in", ["", "0"]), _negated=True),
                fields=["provider_code", "-id"],
                name="attempt_code",
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(fields=["thread", "-id"], name="delivery_thread"),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(fields=["alert_key", "-id"], name="delivery_alert_key"),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(fields=["project_slug", "-id"], name="delivery_project"),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("silence__isnull", False)), fields=["silence"], name="delivery_silence"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("summary__isnull", False)), fields=["summary"], name="delivery_summary"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("digest__isnull", False)), fields=["digest"], name="delivery_digest"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("fallback_of__isnull", False)), fields=["fallback_of"], name="delivery_fallback_of"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("resend_of__isnull", False)), fields=["resend_of"], name="delivery_resend_of"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("reason", ""), _negated=True), fields=["reason", "-id"], name="delivery_reason"
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("message_type", "alert"), _negated=True),
                fields=["message_type", "-id"],
                name="delivery_message",
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("severity", "warning"), _negated=True),
                fields=["severity", "-id"],
                name="delivery_severity",
            ),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(condition=models.Q(("is_test", True)), fields=["-id"], name="delivery_test"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["alert_key", "-id"], name="inbound_alert_key"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["issue_id"], name="inbound_issue"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["short_id"], name="inbound_short_id"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["event_id"], name="inbound_event"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["request_id"], name="inbound_request"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(fields=["id", "title"], name="inbound_title"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(
                    (
                        "reason__in",
                        ["unmatched", "ignored_resource", "recovery_without_firing", "malformed", "deciding_failed"],
                    )
                ),
                fields=["reason", "-id"],
                name="inbound_rare_reason",
            ),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("resource", "event_alert"), _negated=True),
                fields=["resource", "-id"],
                name="inbound_rare_resource",
            ),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(condition=models.Q(("is_test", True)), fields=["-id"], name="inbound_test"),
        ),
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(condition=models.Q(("duplicate_count__gt", 0)), fields=["-id"], name="inbound_repeated"),
        ),
        AddIndexOnline(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("bulk_job__isnull", False)),
                fields=["bulk_job", "status"],
                name="delivery_bulk_job",
            ),
        ),
        AddIndexOnline(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("cause_key__isnull", False)), fields=["cause_key"], name="thread_cause"
            ),
        ),
        AddIndexOnline(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("echo_key__isnull", False)), fields=["echo_key"], name="thread_echo"
            ),
        ),
        DropIndexes(REDUNDANT),
    ]
