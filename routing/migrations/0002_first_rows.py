"""What an empty database starts with: the stamp and its triggers, the default mapping, the source of /hook, the groups."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from routing import triggers

DEFAULT_MAPPING = {"critical": "critical", "warning": "warning", "triggered": "warning", "resolved": "ok"}
CONFIGURED = ["source", "hookkey", "clientsecret", "project", "target", "feishubot", "flashdutytarget", "rule", "severitymapping", "silence"]
LOGGED = ["inbound", "thread", "delivery", "attempt", "quarantinedcall", "worker", "notice", "rulesversion", "auditentry", "sandboxcall"]
OPERATE = ["view_body", "reprocess_inbound", "resend_delivery", "cancel_delivery", "close_thread", "replay_quarantinedcall"]


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
    group.get_or_create(name="administrator")[0].permissions.set([*permissions, *accounts])


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunPython(first_rows, migrations.RunPython.noop),
        migrations.RunPython(triggers.install, migrations.RunPython.noop),
        migrations.RunPython(groups, migrations.RunPython.noop),
    ]
