"""The tables of a new database, and what it starts with: the stamp and its triggers, the default mapping, /hook, the groups."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import routing.fields
import simple_history.models
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from routing import triggers


DEFAULT_MAPPING = {"critical": "critical", "warning": "warning", "triggered": "warning", "resolved": "ok"}
CONFIGURED = ["source", "hookkey", "clientsecret", "project", "target", "feishubot", "flashdutytarget", "rule", "severitymapping", "silence"]
LOGGED = ["inbound", "thread", "delivery", "attempt", "quarantinedcall", "worker", "notice", "rulesversion", "auditentry", "sandboxcall", "bulkjob", "trial"]
OPERATE = ["view_body", "reprocess_inbound", "resend_delivery", "cancel_delivery", "close_thread", "replay_quarantinedcall", "add_trial"]
UNSEEN = ["bulkitem", "openthread", "rhythm"]  # shown through others, or by themselves to nobody


def first_rows(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    apps.get_model("routing", "ConfigurationStamp").objects.using(alias).create(id=1, number=1)
    mapping = apps.get_model("routing", "SeverityMapping")
    for status, severity in DEFAULT_MAPPING.items():
        mapping.objects.using(alias).create(sentry_status=status, level="", severity=severity)
    apps.get_model("routing", "Source").objects.using(alias).create(name="hook", title="/hook", accept_unsigned=True)


def groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    for app_config in apps.get_app_configs():
        app_config.models_module = True
        create_permissions(app_config, apps=apps, using=alias, verbosity=0)
        app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(alias).filter(content_type__app_label="routing")
    view = [f"view_{name}" for name in [*CONFIGURED, *LOGGED]]
    change = [f"{verb}_{name}" for verb in ("add", "change", "delete") for name in CONFIGURED]
    group = apps.get_model("auth", "Group").objects.using(alias)
    group.get_or_create(name="viewer")[0].permissions.set(permissions.filter(codename__in=view))
    group.get_or_create(name="operator")[0].permissions.set(permissions.filter(codename__in=[*view, *change, *OPERATE]))
    accounts = apps.get_model("auth", "Permission").objects.using(alias).filter(content_type__app_label="auth")
    theirs = permissions.exclude(content_type__model__in=UNSEEN)
    group.get_or_create(name="administrator")[0].permissions.set([*theirs, *accounts])


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("routing", "0001_initial"),
        ("routing", "0002_first_rows"),
        ("routing", "0003_bulk_jobs"),
        ("routing", "0004_thread_causes"),
        ("routing", "0005_hand_over"),
        ("routing", "0006_trials"),
        ("routing", "0007_rhythms"),
        ("routing", "0008_lean_indexes"),
        ("routing", "0009_named_jobs"),
        ("routing", "0010_job_rights"),
        ("routing", "0011_quick_lists"),
    ]

    dependencies = [("auth", "0012_alter_user_first_name_max_length"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("role", models.CharField(choices=[("viewer", "viewer"), ("operator", "operator"), ("admin", "administrator")], max_length=16, verbose_name="role")),
                ("prefix", models.CharField(editable=False, max_length=12, verbose_name="begins with")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires")),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
            ],
            options={"verbose_name": "API token", "verbose_name_plural": "API tokens", "ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cause", models.CharField(max_length=200, unique=True)),
                ("title", models.JSONField()),
                ("count", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("told_at", models.DateTimeField(null=True)),
                ("over_at", models.DateTimeField(null=True)),
                ("over_told_at", models.DateTimeField(null=True)),
            ],
            options={"verbose_name": "notice", "verbose_name_plural": "notices", "ordering": ["-last_at"]},
        ),
        migrations.CreateModel(
            name="RulesVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True, verbose_name="digest")),
                ("content", models.JSONField(verbose_name="content")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={"verbose_name": "rules version", "verbose_name_plural": "rules versions", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="SandboxCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("bot", models.CharField(db_index=True, max_length=100)),
                ("kind", models.CharField(max_length=32)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", models.TextField()),
                ("accepted", models.BooleanField()),
                ("seen", models.JSONField(null=True)),
            ],
            options={"verbose_name": "sandbox message", "verbose_name_plural": "sandbox messages", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("host", models.CharField(max_length=100, verbose_name="host")),
                ("pid", models.PositiveIntegerField()),
                ("engine", models.CharField(max_length=16, verbose_name="engine")),
                ("slots", models.PositiveIntegerField(default=0)),
                ("in_flight", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="heartbeat")),
            ],
            options={"verbose_name": "worker", "verbose_name_plural": "workers", "ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("actor", models.CharField(max_length=150, verbose_name="actor")),
                ("action", models.CharField(max_length=64, verbose_name="action")),
                ("object_type", models.CharField(blank=True, max_length=64, verbose_name="object type")),
                ("object_id", models.CharField(blank=True, max_length=64)),
                ("object_name", models.CharField(blank=True, max_length=200, verbose_name="object")),
                ("detail", models.JSONField(default=dict)),
                ("user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name="user")),
            ],
            options={"verbose_name": "audit entry", "verbose_name_plural": "audit trail", "ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="BulkJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "act",
                    models.CharField(
                        choices=[("resend", "resend as it was"), ("resend_now", "resend as it would be now"), ("cancel", "cancel what waits"), ("reprocess", "decide again"), ("replay", "replay refused calls")], max_length=16, verbose_name="act"
                    ),
                ),
                ("status", models.CharField(choices=[("preparing", "being prepared"), ("running", "running"), ("done", "done"), ("cancelled", "cancelled")], default="preparing", max_length=16, verbose_name="status")),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("cancelled_by_operator", "stopped by a person"),
                            ("not_prepared", "the process that prepared it died"),
                            ("token_revoked", "the token that began it was revoked"),
                            ("token_expired", "the token that began it has expired"),
                            ("user_deactivated", "the account that began it was switched off or deleted"),
                            ("permission_lost", "the account that began it may not do this any more"),
                        ],
                        db_default="",
                        default="",
                        max_length=32,
                        verbose_name="reason",
                    ),
                ),
                ("actor_kind", models.CharField(blank=True, choices=[("user", "User"), ("token", "Token")], db_default="", default="", max_length=8)),
                ("actor", models.CharField(max_length=150, verbose_name="actor")),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="name")),
                ("filter", models.JSONField(default=dict, verbose_name="filter")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="total")),
                ("done", models.PositiveIntegerField(default=0, verbose_name="done")),
                ("failed", models.PositiveIntegerField(default=0, verbose_name="failed")),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="left out")),
                ("reasons", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("worked_until", models.DateTimeField(null=True)),
                ("token", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to="routing.apitoken", verbose_name="API token")),
                ("user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name="user")),
            ],
            options={
                "verbose_name": "bulk job",
                "verbose_name_plural": "bulk jobs",
                "ordering": ["-id"],
                "indexes": [models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["id"], name="bulk_unfinished")],
                "constraints": [models.UniqueConstraint(condition=models.Q(("name", ""), _negated=True), fields=("name",), name="one_bulk_job_per_name")],
            },
        ),
        migrations.CreateModel(
            name="BulkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.BigIntegerField(default=0)),
                ("object_id", models.BigIntegerField()),
                ("job", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="items", to="routing.bulkjob")),
            ],
            options={"indexes": [models.Index(fields=["job", "lane", "id"], name="bulk_lane")]},
        ),
        migrations.CreateModel(
            name="ConfigurationStamp",
            fields=[("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")), ("number", models.BigIntegerField(default=0))],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_configuration_stamp")]},
        ),
        migrations.CreateModel(
            name="HistoricalSeverityMapping",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "sentry_status",
                    models.CharField(choices=[("critical", "critical (metric alert)"), ("warning", "warning (metric alert)"), ("triggered", "triggered (issue alert)"), ("resolved", "resolved")], max_length=16, verbose_name="Sentry status"),
                ),
                ("level", models.CharField(blank=True, choices=[("fatal", "fatal"), ("error", "error"), ("warning", "warning"), ("info", "info"), ("debug", "debug")], help_text="Empty: every level.", max_length=16, verbose_name="event level")),
                ("severity", models.CharField(choices=[("critical", "Critical"), ("warning", "Warning"), ("info", "Info"), ("ok", "Ok"), ("drop", "do not send")], max_length=16, verbose_name="severity")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "historical severity mapping", "verbose_name_plural": "historical severity mappings", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSilence",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        db_index=True,
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("when", models.JSONField(blank=True, default=list, verbose_name="conditions")),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                ("weekly", models.JSONField(blank=True, null=True, verbose_name="weekly window")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("summary", models.BooleanField(default=True, help_text="When it ends, tell each target once what was held back and is still unresolved.", verbose_name="summary at the end")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("author", models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="author")),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "historical silence", "verbose_name_plural": "historical silences", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        db_index=True,
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("kind", models.CharField(default="sentry", editable=False, max_length=32)),
                ("accept_unsigned", models.BooleanField(default=False, help_text="Only for Sentry's legacy WebHooks, which cannot sign. The hook URL is then the only secret.", verbose_name="accept unsigned calls")),
                ("issue_actions", models.JSONField(blank=True, default=list, help_text="Issue changes to route beside resolved: created, unresolved, archived, ignored.", verbose_name="issue actions")),
                (
                    "silence_after_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Tell the operations target when nothing arrives for this long. Empty: longer than is usual at that hour, learned within some days. 0: not watched.",
                        null=True,
                        verbose_name="expected at least every (minutes)",
                    ),
                ),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"verbose_name": "historical Sentry connection", "verbose_name_plural": "historical Sentry connections", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SeverityMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sentry_status",
                    models.CharField(choices=[("critical", "critical (metric alert)"), ("warning", "warning (metric alert)"), ("triggered", "triggered (issue alert)"), ("resolved", "resolved")], max_length=16, verbose_name="Sentry status"),
                ),
                ("level", models.CharField(blank=True, choices=[("fatal", "fatal"), ("error", "error"), ("warning", "warning"), ("info", "info"), ("debug", "debug")], help_text="Empty: every level.", max_length=16, verbose_name="event level")),
                ("severity", models.CharField(choices=[("critical", "Critical"), ("warning", "Warning"), ("info", "Info"), ("ok", "Ok"), ("drop", "do not send")], max_length=16, verbose_name="severity")),
            ],
            options={
                "verbose_name": "severity mapping",
                "verbose_name_plural": "severity mappings",
                "ordering": ["sentry_status", "level"],
                "constraints": [
                    models.UniqueConstraint(fields=("sentry_status", "level"), name="one_severity_per_status_and_level"),
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("sentry_status", "resolved"), _negated=True), ("severity__in", ["ok", "drop"]), _connector="OR"),
                        name="resolved_is_ok_or_dropped",
                        violation_error_message="A resolved alert can only become Ok, or not be sent.",
                    ),
                    models.CheckConstraint(condition=models.Q(("sentry_status", "resolved"), models.Q(("severity", "ok"), _negated=True), _connector="OR"), name="firing_is_never_ok", violation_error_message="A firing alert can never become Ok."),
                ],
            },
        ),
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("when", models.JSONField(blank=True, default=list, verbose_name="conditions")),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="to")),
                ("weekly", models.JSONField(blank=True, null=True, verbose_name="weekly window")),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("summary", models.BooleanField(default=True, help_text="When it ends, tell each target once what was held back and is still unresolved.", verbose_name="summary at the end")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("author", models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name="author")),
            ],
            options={
                "verbose_name": "silence",
                "verbose_name_plural": "silences",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(models.Q(("ends_at__isnull", True), ("starts_at__isnull", True), ("weekly__isnull", False)), models.Q(("ends_at__isnull", False), ("starts_at__isnull", False), ("weekly__isnull", True)), _connector="OR"),
                        name="silence_is_a_range_or_weekly",
                        violation_error_message="Give either from and to, or a weekly window.",
                    ),
                    models.CheckConstraint(condition=models.Q(("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"), name="silence_ends_after_it_starts", violation_error_message="The end must be after the start."),
                ],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                ("enabled", models.BooleanField(default=True, help_text="While off, new alerts are noted but not sent, and what waits pauses.", verbose_name="enabled")),
                ("options", models.JSONField(blank=True, default=dict)),
                ("credentials", routing.fields.SealedMapField(blank=True, default=dict)),
                ("address_digest", models.CharField(blank=True, db_index=True, default="", editable=False, max_length=64)),
                ("fallback_after_minutes", models.PositiveIntegerField(blank=True, help_text="Empty: 10, and 2 for critical alerts.", null=True, verbose_name="fallback after (minutes)")),
                ("is_operations", models.BooleanField(default=False, help_text="The one target that is told when the relay needs a person.", verbose_name="operations target")),
                ("second_tat", models.BigIntegerField(default=0, editable=False)),
                ("minute_tat", models.BigIntegerField(default=0, editable=False)),
                ("consecutive_failures", models.PositiveIntegerField(default=0, editable=False)),
                ("failing_since", models.DateTimeField(editable=False, null=True)),
                ("last_success_at", models.DateTimeField(editable=False, null=True, verbose_name="last success")),
                ("last_failure_at", models.DateTimeField(editable=False, null=True, verbose_name="last failure")),
                ("last_failure_reason", models.CharField(blank=True, default="", editable=False, max_length=32)),
                ("broken_since", models.DateTimeField(editable=False, null=True)),
                ("probe_at", models.DateTimeField(editable=False, null=True)),
                ("probe_seconds", models.PositiveIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "fallback",
                    models.ForeignKey(blank=True, help_text="Who gets what could not be delivered here in time.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="fallback_for", to="routing.target", verbose_name="fallback"),
                ),
            ],
            options={
                "verbose_name": "target",
                "verbose_name_plural": "targets",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("is_operations", True)), fields=("is_operations",), name="one_operations_target"),
                    models.CheckConstraint(condition=models.Q(("fallback__isnull", True), models.Q(("fallback", models.F("id")), _negated=True), _connector="OR"), name="target_is_not_its_own_fallback"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("kind", models.CharField(default="sentry", editable=False, max_length=32)),
                ("accept_unsigned", models.BooleanField(default=False, help_text="Only for Sentry's legacy WebHooks, which cannot sign. The hook URL is then the only secret.", verbose_name="accept unsigned calls")),
                ("issue_actions", models.JSONField(blank=True, default=list, help_text="Issue changes to route beside resolved: created, unresolved, archived, ignored.", verbose_name="issue actions")),
                (
                    "silence_after_minutes",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Tell the operations target when nothing arrives for this long. Empty: longer than is usual at that hour, learned within some days. 0: not watched.",
                        null=True,
                        verbose_name="expected at least every (minutes)",
                    ),
                ),
                ("refused_count", models.PositiveIntegerField(default=0, editable=False)),
                ("refused_at", models.DateTimeField(editable=False, null=True)),
                ("refused_reason", models.CharField(blank=True, default="", editable=False, max_length=32)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("default_targets", models.ManyToManyField(blank=True, help_text="Who gets what no rule matched.", related_name="default_of_sources", to="routing.target", verbose_name="default targets")),
            ],
            options={"verbose_name": "Sentry connection", "verbose_name_plural": "Sentry connections", "ordering": ["name"]},
        ),
        migrations.CreateModel(
            name="Inbound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_name", models.CharField(max_length=100, verbose_name="Sentry connection")),
                ("project_slug", models.CharField(blank=True, max_length=200, verbose_name="project")),
                ("resource", models.CharField(blank=True, max_length=64, verbose_name="resource")),
                ("action", models.CharField(blank=True, max_length=64, verbose_name="action")),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="received")),
                (
                    "status",
                    models.CharField(
                        choices=[("received", "still to decide"), ("routed", "routed"), ("unrouted", "unrouted"), ("ignored", "ignored"), ("malformed", "malformed"), ("failed", "routing failed")],
                        default="received",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("matched", "matched by rules"),
                            ("default_targets", "default targets"),
                            ("unmatched", "no rule matched"),
                            ("ignored_resource", "resource is not routed"),
                            ("ignored_action", "action is not routed"),
                            ("recovery_without_firing", "recovery of something never announced"),
                            ("malformed", "not readable"),
                            ("deciding_failed", "our own error while deciding"),
                        ],
                        max_length=32,
                        verbose_name="reason",
                    ),
                ),
                ("alert_key", models.CharField(blank=True, max_length=64, verbose_name="alert key")),
                ("issue_id", models.CharField(blank=True, max_length=64, verbose_name="issue")),
                ("short_id", models.CharField(blank=True, max_length=64)),
                ("event_id", models.CharField(blank=True, max_length=64, verbose_name="event")),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request id")),
                ("title", models.CharField(blank=True, max_length=512, verbose_name="title")),
                ("alert", models.JSONField(null=True)),
                ("decision", models.JSONField(null=True)),
                ("flags", models.JSONField(default=list)),
                ("traceback", models.TextField(blank=True)),
                ("body_digest", models.CharField(max_length=64, null=True)),
                ("idempotency_key", models.CharField(max_length=128, null=True)),
                ("duplicate_count", models.PositiveIntegerField(default=0, verbose_name="duplicates")),
                ("is_test", models.BooleanField(default=False, verbose_name="test")),
                ("source", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="inbounds", to="routing.source", verbose_name="Sentry connection")),
            ],
            options={
                "verbose_name": "received webhook",
                "verbose_name_plural": "received webhooks",
                "ordering": ["-id"],
                "permissions": [("view_body", "Can view the raw body of received webhooks"), ("reprocess_inbound", "Can decide received webhooks again")],
                "indexes": [
                    models.Index(fields=["status", "-id"], name="inbound_status"),
                    models.Index(fields=["source", "-id"], name="inbound_source"),
                    models.Index(fields=["project_slug", "-id"], name="inbound_project"),
                    models.Index(fields=["received_at"], name="inbound_received"),
                    models.Index(condition=models.Q(("status", "received")), fields=["source", "id"], name="inbound_waiting"),
                    models.Index(fields=["alert_key", "-id"], name="inbound_alert_key"),
                    models.Index(fields=["issue_id"], name="inbound_issue"),
                    models.Index(fields=["short_id"], name="inbound_short_id"),
                    models.Index(fields=["event_id"], name="inbound_event"),
                    models.Index(fields=["request_id"], name="inbound_request"),
                    models.Index(fields=["id", "title"], name="inbound_title"),
                    models.Index(condition=models.Q(("reason", "matched"), _negated=True), fields=["reason", "-id"], name="inbound_reason"),
                    models.Index(condition=models.Q(("resource", "event_alert"), _negated=True), fields=["resource", "-id"], name="inbound_rare_resource"),
                    models.Index(condition=models.Q(("is_test", True)), fields=["-id"], name="inbound_test"),
                    models.Index(condition=models.Q(("duplicate_count__gt", 0)), fields=["-id"], name="inbound_repeated"),
                ],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("body_digest__isnull", False)), fields=("source", "body_digest"), name="one_inbound_per_body"),
                    models.UniqueConstraint(condition=models.Q(("idempotency_key__isnull", False)), fields=("source", "idempotency_key"), name="one_inbound_per_idempotency_key"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalProject",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.CharField(max_length=200, verbose_name="slug")),
                ("sentry_id", models.BigIntegerField(blank=True, null=True, verbose_name="Sentry id")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("silence_after_minutes", models.PositiveIntegerField(blank=True, help_text="Empty: longer than is usual at that hour, learned within some days. 0: not watched.", null=True, verbose_name="expected at least every (minutes)")),
                ("is_learned", models.BooleanField(default=False, editable=False)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("source", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.source", verbose_name="Sentry connection")),
            ],
            options={"verbose_name": "historical Sentry project", "verbose_name_plural": "historical Sentry projects", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        db_index=True,
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("position", models.PositiveIntegerField(db_index=True, default=0, editable=False)),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("project", models.CharField(blank=True, help_text="A project slug. Empty: every project.", max_length=200, verbose_name="project")),
                ("when", models.JSONField(blank=True, default=list, verbose_name="conditions")),
                ("severity", models.JSONField(blank=True, default=dict, verbose_name="severity overlay")),
                ("continues", models.BooleanField(default=False, help_text="After a match, go on to the next rule instead of stopping.", verbose_name="continue")),
                ("repeat_minutes", models.PositiveIntegerField(default=0, help_text="0: every alert. A louder severity always passes.", verbose_name="repeat at most every (minutes)")),
                ("active", models.JSONField(blank=True, null=True, verbose_name="active hours")),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("source", models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.source", verbose_name="Sentry connection")),
            ],
            options={"verbose_name": "historical routing rule", "verbose_name_plural": "historical routing rules", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(name="InboundBody", fields=[("inbound", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="body", serialize=False, to="routing.inbound")), ("data", models.BinaryField())]),
        migrations.CreateModel(
            name="Rhythm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("project_slug", models.CharField(blank=True, max_length=200)),
                ("since", models.DateTimeField()),
                ("last_at", models.DateTimeField(null=True)),
                ("days", models.JSONField(default=dict)),
                ("read_to", models.BigIntegerField(default=0)),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="rhythms", to="routing.source")),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("source", "project_slug"), name="one_rhythm_per_project")]},
        ),
        migrations.CreateModel(
            name="QuarantinedCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="received")),
                ("reason", models.CharField(max_length=32, verbose_name="reason")),
                ("data", models.BinaryField()),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("address", models.TextField(blank=True)),
                ("replayed_at", models.DateTimeField(null=True, verbose_name="replayed")),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="quarantine", to="routing.source", verbose_name="Sentry connection")),
            ],
            options={"verbose_name": "refused call", "verbose_name_plural": "refused calls", "ordering": ["-id"], "permissions": [("replay_quarantinedcall", "Can replay refused calls")]},
        ),
        migrations.CreateModel(
            name="HookKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", routing.fields.SealedField()),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="hook_keys", to="routing.source")),
            ],
            options={"verbose_name": "hook key", "verbose_name_plural": "hook keys", "ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="ClientSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret", routing.fields.SealedField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="client_secrets", to="routing.source")),
            ],
            options={"verbose_name": "client secret", "verbose_name_plural": "client secrets", "ordering": ["id"]},
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        unique=True,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("position", models.PositiveIntegerField(db_index=True, default=0, editable=False)),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("project", models.CharField(blank=True, help_text="A project slug. Empty: every project.", max_length=200, verbose_name="project")),
                ("when", models.JSONField(blank=True, default=list, verbose_name="conditions")),
                ("severity", models.JSONField(blank=True, default=dict, verbose_name="severity overlay")),
                ("continues", models.BooleanField(default=False, help_text="After a match, go on to the next rule instead of stopping.", verbose_name="continue")),
                ("repeat_minutes", models.PositiveIntegerField(default=0, help_text="0: every alert. A louder severity always passes.", verbose_name="repeat at most every (minutes)")),
                ("active", models.JSONField(blank=True, null=True, verbose_name="active hours")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("source", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="routing.source", verbose_name="Sentry connection")),
                ("targets", models.ManyToManyField(blank=True, related_name="rules", to="routing.target", verbose_name="targets")),
            ],
            options={"verbose_name": "routing rule", "verbose_name_plural": "routing rules", "ordering": ["position", "id"]},
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=200, verbose_name="slug")),
                ("sentry_id", models.BigIntegerField(blank=True, null=True, verbose_name="Sentry id")),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("silence_after_minutes", models.PositiveIntegerField(blank=True, help_text="Empty: longer than is usual at that hour, learned within some days. 0: not watched.", null=True, verbose_name="expected at least every (minutes)")),
                ("is_learned", models.BooleanField(default=False, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="projects", to="routing.source", verbose_name="Sentry connection")),
                (
                    "default_targets",
                    models.ManyToManyField(blank=True, help_text="Who gets what no rule matched; empty means the connection's own default targets.", related_name="default_of_projects", to="routing.target", verbose_name="default targets"),
                ),
            ],
            options={
                "verbose_name": "Sentry project",
                "verbose_name_plural": "Sentry projects",
                "ordering": ["source", "slug"],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "slug"), name="project_slug_once_per_source"),
                    models.UniqueConstraint(condition=models.Q(("sentry_id__isnull", False)), fields=("source", "sentry_id"), name="project_sentry_id_once_per_source"),
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalTarget",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        db_index=True,
                        help_text="Stable: the configuration file and the API find it by this name. The title is free.",
                        max_length=100,
                        validators=[django.core.validators.RegexValidator("\\A[\\w][\\w .:/@+-]{0,99}\\Z", "Begin with a letter or digit, then letters, digits, spaces and . : / @ + - _ (at most 100 in all).")],
                        verbose_name="name",
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=200, verbose_name="title")),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                ("enabled", models.BooleanField(default=True, help_text="While off, new alerts are noted but not sent, and what waits pauses.", verbose_name="enabled")),
                ("options", models.JSONField(blank=True, default=dict)),
                ("fallback_after_minutes", models.PositiveIntegerField(blank=True, help_text="Empty: 10, and 2 for critical alerts.", null=True, verbose_name="fallback after (minutes)")),
                ("is_operations", models.BooleanField(default=False, help_text="The one target that is told when the relay needs a person.", verbose_name="operations target")),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                ("history_user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                (
                    "fallback",
                    models.ForeignKey(
                        blank=True, db_constraint=False, help_text="Who gets what could not be delivered here in time.", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.target", verbose_name="fallback"
                    ),
                ),
            ],
            options={"verbose_name": "historical target", "verbose_name_plural": "historical targets", "ordering": ("-history_date", "-history_id"), "get_latest_by": ("history_date", "history_id")},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalSource_default_targets",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="routing.historicalsource")),
                ("source", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.source")),
                ("target", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.target")),
            ],
            options={"verbose_name": "HistoricalSource_default_targets"},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalRule_targets",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="routing.historicalrule")),
                ("rule", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.rule")),
                ("target", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.target")),
            ],
            options={"verbose_name": "HistoricalRule_targets"},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalProject_default_targets",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("m2m_history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history", models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, to="routing.historicalproject")),
                ("project", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.project")),
                ("target", models.ForeignKey(blank=True, db_constraint=False, db_tablespace="", null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="routing.target")),
            ],
            options={"verbose_name": "HistoricalProject_default_targets"},
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(name="FeishuBot", fields=[], options={"verbose_name": "Feishu bot", "verbose_name_plural": "Feishu bots", "proxy": True, "indexes": [], "constraints": []}, bases=("routing.target",)),
        migrations.CreateModel(name="FlashdutyTarget", fields=[], options={"verbose_name": "Flashduty target", "verbose_name_plural": "Flashduty targets", "proxy": True, "indexes": [], "constraints": []}, bases=("routing.target",)),
        migrations.CreateModel(
            name="Thread",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_name", models.CharField(blank=True, max_length=100)),
                ("alert_key", models.CharField(max_length=64, verbose_name="alert key")),
                ("is_open", models.BooleanField(default=False, verbose_name="open")),
                ("round", models.PositiveIntegerField(default=0)),
                ("next_sequence", models.PositiveIntegerField(default=1)),
                ("last_status", models.CharField(blank=True, choices=[("critical", "critical (metric alert)"), ("warning", "warning (metric alert)"), ("triggered", "triggered (issue alert)"), ("resolved", "resolved")], max_length=16)),
                ("last_severity", models.CharField(blank=True, choices=[("critical", "Critical"), ("warning", "Warning"), ("info", "Info"), ("ok", "Ok"), ("drop", "do not send")], max_length=16, verbose_name="last severity")),
                ("last_fired_at", models.DateTimeField(null=True)),
                ("recovery_severity", models.CharField(choices=[("critical", "Critical"), ("warning", "Warning"), ("info", "Info"), ("ok", "Ok"), ("drop", "do not send")], default="ok", max_length=16)),
                ("announced_by", models.CharField(blank=True, db_default="", default="", max_length=64)),
                ("announced_at", models.DateTimeField(null=True)),
                ("cause_key", models.CharField(max_length=64, null=True)),
                ("echo_key", models.CharField(max_length=64, null=True)),
                ("project_slug", models.CharField(blank=True, max_length=200, verbose_name="project")),
                ("environment", models.CharField(blank=True, max_length=200, verbose_name="environment")),
                ("title", models.CharField(blank=True, max_length=512, verbose_name="title")),
                ("link", models.TextField(blank=True)),
                ("opened_at", models.DateTimeField(null=True, verbose_name="opened")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("target", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="threads", to="routing.target", verbose_name="target")),
            ],
            options={
                "verbose_name": "alert timeline",
                "verbose_name_plural": "alert timelines",
                "ordering": ["-id"],
                "permissions": [("close_thread", "Can close an open alert by hand")],
                "indexes": [
                    models.Index(fields=["alert_key"], name="thread_key"),
                    models.Index(condition=models.Q(("is_open", True)), fields=["-opened_at"], name="thread_open"),
                    models.Index(fields=["-opened_at", "-id"], name="thread_opened"),
                    models.Index(condition=models.Q(("cause_key__isnull", False)), fields=["cause_key"], name="thread_cause"),
                    models.Index(condition=models.Q(("echo_key__isnull", False)), fields=["echo_key"], name="thread_echo"),
                ],
                "constraints": [models.UniqueConstraint(fields=("target", "alert_key"), name="one_thread_per_target_and_key")],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("target_name", models.CharField(max_length=100, verbose_name="target")),
                ("kind", models.CharField(max_length=32, verbose_name="kind")),
                ("round", models.PositiveIntegerField(default=0)),
                ("sequence", models.PositiveIntegerField(default=0)),
                ("message_type", models.CharField(choices=[("alert", "alert"), ("summary", "summary after a silence"), ("digest", "digest of a storm"), ("operations", "operations")], default="alert", max_length=16, verbose_name="message type")),
                ("message", models.JSONField(null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "waiting"), ("sending", "sending"), ("delivered", "delivered"), ("dead", "failed (given up)"), ("expired", "expired"), ("suppressed", "not sent (with reason)"), ("cancelled", "cancelled")],
                        default="pending",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=32, verbose_name="reason")),
                ("severity", models.CharField(choices=[("critical", "Critical"), ("warning", "Warning"), ("info", "Info"), ("ok", "Ok"), ("drop", "do not send")], max_length=16, verbose_name="severity")),
                (
                    "sentry_status",
                    models.CharField(
                        blank=True, choices=[("critical", "critical (metric alert)"), ("warning", "warning (metric alert)"), ("triggered", "triggered (issue alert)"), ("resolved", "resolved")], max_length=16, verbose_name="Sentry status"
                    ),
                ),
                ("alert_key", models.CharField(blank=True, max_length=64, verbose_name="alert key")),
                ("project_slug", models.CharField(blank=True, max_length=200, verbose_name="project")),
                ("rules", models.JSONField(default=list, verbose_name="rules")),
                ("priority", models.SmallIntegerField(default=1)),
                ("attempt_count", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("simplified", models.BooleanField(default=False)),
                ("maybe_duplicate", models.BooleanField(default=False, verbose_name="may be a duplicate")),
                ("is_test", models.BooleanField(default=False, verbose_name="test")),
                ("silence_name", models.CharField(blank=True, max_length=100)),
                ("held_until", models.DateTimeField(null=True)),
                ("awaits_summary", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                ("due_at", models.DateTimeField(null=True, verbose_name="due")),
                ("expires_at", models.DateTimeField(null=True)),
                ("fallback_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("claim", models.CharField(blank=True, default="", max_length=32)),
                ("queued_until", models.DateTimeField(null=True)),
                ("bulk_job", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="deliveries", to="routing.bulkjob", verbose_name="bulk job")),
                ("digest", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="members", to="routing.delivery")),
                ("fallback_of", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="fallback_copies", to="routing.delivery")),
                ("resend_of", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="resends", to="routing.delivery")),
                ("summary", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="summarised", to="routing.delivery")),
                ("inbound", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="routing.inbound")),
                ("silence", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="held_back", to="routing.silence")),
                ("target", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="deliveries", to="routing.target", verbose_name="target")),
                ("thread", models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="deliveries", to="routing.thread")),
            ],
            options={
                "verbose_name": "delivery log",
                "verbose_name_plural": "delivery log",
                "ordering": ["-id"],
                "permissions": [("resend_delivery", "Can resend deliveries"), ("cancel_delivery", "Can cancel waiting deliveries")],
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["target", "priority", "due_at"], name="delivery_due"),
                    models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["thread", "id"], name="delivery_unfinished"),
                    models.Index(condition=models.Q(("finished_at__isnull", True)), fields=["expires_at"], name="delivery_expiring"),
                    models.Index(condition=models.Q(("fallback_at__isnull", False)), fields=["fallback_at"], name="delivery_fallback"),
                    models.Index(condition=models.Q(("awaits_summary", True)), fields=["silence", "target"], name="delivery_awaits_summary"),
                    models.Index(fields=["status", "-id"], name="delivery_status"),
                    models.Index(fields=["target", "-id"], name="delivery_target"),
                    models.Index(fields=["created_at"], name="delivery_created"),
                    models.Index(fields=["thread", "-id"], name="delivery_thread"),
                    models.Index(fields=["alert_key", "-id"], name="delivery_alert_key"),
                    models.Index(fields=["project_slug", "-id"], name="delivery_project"),
                    models.Index(condition=models.Q(("silence__isnull", False)), fields=["silence"], name="delivery_silence"),
                    models.Index(condition=models.Q(("summary__isnull", False)), fields=["summary"], name="delivery_summary"),
                    models.Index(condition=models.Q(("digest__isnull", False)), fields=["digest"], name="delivery_digest"),
                    models.Index(condition=models.Q(("fallback_of__isnull", False)), fields=["fallback_of"], name="delivery_fallback_of"),
                    models.Index(condition=models.Q(("resend_of__isnull", False)), fields=["resend_of"], name="delivery_resend_of"),
                    models.Index(condition=models.Q(("reason", ""), _negated=True), fields=["reason", "-id"], name="delivery_reason"),
                    models.Index(condition=models.Q(("message_type", "alert"), _negated=True), fields=["message_type", "-id"], name="delivery_message"),
                    models.Index(condition=models.Q(("severity", "warning"), _negated=True), fields=["severity", "-id"], name="delivery_severity"),
                    models.Index(condition=models.Q(("is_test", True)), fields=["-id"], name="delivery_test"),
                    models.Index(condition=models.Q(("bulk_job__isnull", False)), fields=["bulk_job", "status"], name="delivery_bulk_job"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("finished_at__isnull", True), ("due_at__isnull", True), _connector="OR"), name="finished_is_never_due"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("status__in", ["pending", "sending"])), models.Q(("finished_at__isnull", False), ("status__in", ["delivered", "dead", "expired", "suppressed", "cancelled"])), _connector="OR"
                        ),
                        name="delivery_is_finished_when_its_status_says_so",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("duration_ms", models.PositiveIntegerField(null=True, verbose_name="duration (ms)")),
                ("http_status", models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status")),
                ("provider_code", models.CharField(blank=True, max_length=64, verbose_name="provider code")),
                ("outcome", models.CharField(max_length=16, verbose_name="outcome")),
                ("reason", models.CharField(blank=True, max_length=32, verbose_name="reason")),
                ("request", models.TextField(blank=True, verbose_name="request")),
                ("response", models.TextField(blank=True, verbose_name="answer")),
                ("delivery", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="routing.delivery", verbose_name="delivery")),
            ],
            options={
                "verbose_name": "attempt",
                "verbose_name_plural": "attempts",
                "ordering": ["number", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("reason", ""), _negated=True), fields=["reason", "-id"], name="attempt_reason"),
                    models.Index(condition=models.Q(("provider_code__in", ["", "0"]), _negated=True), fields=["provider_code", "-id"], name="attempt_code"),
                ],
                "constraints": [models.UniqueConstraint(fields=("delivery", "number"), name="attempts_are_numbered")],
            },
        ),
        migrations.CreateModel(name="OpenThread", fields=[], options={"verbose_name": "open alert", "verbose_name_plural": "open alerts (hand-over)", "proxy": True, "indexes": [], "constraints": []}, bases=("routing.thread",)),
        migrations.CreateModel(
            name="Trial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="time")),
                ("actor", models.CharField(max_length=150, verbose_name="actor")),
                ("of", models.CharField(choices=[("source", "Sentry connection"), ("rule", "routing rule"), ("target", "target"), ("only_target", "this target only")], max_length=16, verbose_name="tries")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("facts", models.JSONField(default=dict)),
                ("obstacles", models.JSONField(default=list)),
                ("answer_status", models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status")),
                ("answer_reason", models.CharField(blank=True, max_length=32, verbose_name="reason")),
                ("answer_detail", models.TextField(blank=True)),
                ("inbound", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="trials", to="routing.inbound", verbose_name="received webhook")),
                ("rule", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="trials", to="routing.rule", verbose_name="routing rule")),
                ("source", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="trials", to="routing.source", verbose_name="Sentry connection")),
                ("target", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="trials", to="routing.target", verbose_name="target")),
            ],
            options={"verbose_name": "test alert", "verbose_name_plural": "test alerts", "ordering": ["-id"]},
        ),
        migrations.RunPython(first_rows, migrations.RunPython.noop),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
        migrations.RunPython(groups, migrations.RunPython.noop),
    ]
