"""Test alerts that people sent, and who may send them."""

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GRANTED = {"viewer": ["view"], "operator": ["view", "add"], "administrator": ["view", "add", "change", "delete"]}


def groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    app_config = apps.get_app_config("routing")
    app_config.models_module = True
    create_permissions(app_config, apps=apps, using=alias, verbosity=0)
    app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(alias).filter(content_type__app_label="routing")
    for name, verbs in GRANTED.items():
        group = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=name)[0]
        group.permissions.add(*permissions.filter(codename__in=[f"{verb}_trial" for verb in verbs]))


class Migration(migrations.Migration):

    dependencies = [
        ('routing', '0005_hand_over'),
    ]

    operations = [
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='time')),
                ('actor', models.CharField(max_length=150, verbose_name='actor')),
                ('of', models.CharField(choices=[('source', 'Sentry connection'), ('rule', 'routing rule'), ('target', 'target'), ('only_target', 'this target only')], max_length=16, verbose_name='tries')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('facts', models.JSONField(default=dict)),
                ('obstacles', models.JSONField(default=list)),
                ('answer_status', models.PositiveSmallIntegerField(null=True, verbose_name='HTTP status')),
                ('answer_reason', models.CharField(blank=True, max_length=32, verbose_name='reason')),
                ('answer_detail', models.TextField(blank=True)),
                ('inbound', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='routing.inbound', verbose_name='received webhook')),
                ('rule', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trials', to='routing.rule', verbose_name='routing rule')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trials', to='routing.source', verbose_name='Sentry connection')),
                ('target', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trials', to='routing.target', verbose_name='target')),
            ],
            options={
                'verbose_name': 'test alert',
                'verbose_name_plural': 'test alerts',
                'ordering': ['-id'],
            },
        ),
        migrations.RunPython(groups, migrations.RunPython.noop),
    ]
