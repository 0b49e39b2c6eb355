"""Jobs of many rows, and who may see them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

GRANTED = {"viewer": ["view"], "operator": ["view"], "administrator": ["view", "add", "change", "delete"]}


def groups(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    app_config = apps.get_app_config("routing")
    app_config.models_module = True
    create_permissions(app_config, apps=apps, using=alias, verbosity=0)
    app_config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.using(alias).filter(content_type__app_label="routing")
    for name, verbs in GRANTED.items():
        group = apps.get_model("auth", "Group").objects.using(alias).get_or_create(name=name)[0]
        group.permissions.add(*permissions.filter(codename__in=[f"{verb}_bulkjob" for verb in verbs]))


class Migration(migrations.Migration):

    dependencies = [
        ('routing', '0002_first_rows'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('resend', 'resend as it was'), ('resend_now', 'resend as it would be now'), ('cancel', 'cancel what waits'), ('reprocess', 'decide again'), ('replay', 'replay refused calls')], max_length=16, verbose_name='act')),
                ('status', models.CharField(choices=[('preparing', 'being prepared'), ('running', 'running'), ('done', 'done'), ('cancelled', 'cancelled')], default='preparing', max_length=16, verbose_name='status')),
                ('actor', models.CharField(max_length=150, verbose_name='actor')),
                ('filter', models.JSONField(default=dict, verbose_name='filter')),
                ('total', models.PositiveIntegerField(default=0, verbose_name='total')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='done')),
                ('failed', models.PositiveIntegerField(default=0, verbose_name='failed')),
                ('left_out', models.PositiveIntegerField(default=0, verbose_name='left out')),
                ('reasons', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('worked_until', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL, verbose_name='user')),
            ],
            options={
                'verbose_name': 'bulk job',
                'verbose_name_plural': 'bulk jobs',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='BulkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.BigIntegerField(default=0)),
                ('object_id', models.BigIntegerField()),
                ('job', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='items', to='routing.bulkjob')),
            ],
        ),
        migrations.AddIndex(
            model_name='bulkjob',
            index=models.Index(condition=models.Q(('finished_at__isnull', True)), fields=['id'], name='bulk_unfinished'),
        ),
        migrations.AddIndex(
            model_name='bulkitem',
            index=models.Index(fields=['job', 'lane', 'id'], name='bulk_lane'),
        ),
        migrations.RunPython(groups, migrations.RunPython.noop),
        # Last: the log stays locked until the migration is over.
        migrations.AddField(
            model_name='delivery',
            name='bulk_job',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='deliveries', to='routing.bulkjob', verbose_name='bulk job'),
        ),
    ]
