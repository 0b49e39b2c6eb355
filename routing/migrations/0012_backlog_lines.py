"""Webhooks that wait to be decided hold up only those about the same alert."""

from django.db import migrations, models

from routing.indexes import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False  # webhooks come in meanwhile

    dependencies = [("routing", "0011_quick_lists")]

    operations = [
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("status", "received")), fields=["source", "alert_key"], name="inbound_line"
            ),
        ),
    ]
