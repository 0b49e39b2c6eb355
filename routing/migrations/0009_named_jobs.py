"""Jobs that their caller names."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("routing", "0008_lean_indexes")]

    operations = [
        migrations.AddField(
            model_name="bulkjob",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=100, verbose_name="name"),
        ),
        migrations.AddConstraint(
            model_name="bulkjob",
            constraint=models.UniqueConstraint(
                fields=["name"], name="one_bulk_job_per_name", condition=Q(("name", ""), _negated=True)
            ),
        ),
    ]
