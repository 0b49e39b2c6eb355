"""What lists over a million rows need: every reason but the usual one, and timelines in the order they opened."""

from django.db import migrations, models

from routing.indexes import AddIndexOnline, DropIndexes


class Migration(migrations.Migration):
    atomic = False  # webhooks come in meanwhile

    dependencies = [("routing", "0010_job_rights")]

    operations = [
        AddIndexOnline(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("reason", "matched"), _negated=True),
                fields=["reason", "-id"],
                name="inbound_reason",
            ),
        ),
        AddIndexOnline(
            model_name="thread",
            index=models.Index(fields=["-opened_at", "-id"], name="thread_opened"),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveIndex(model_name="inbound", name="inbound_rare_reason")],
            database_operations=[DropIndexes(["inbound_rare_reason"])],
        ),
    ]
