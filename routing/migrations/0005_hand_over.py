"""The open threads under a name of their own in the menu."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("routing", "0004_thread_causes")]

    operations = [
        migrations.CreateModel(
            name="OpenThread",
            fields=[],
            options={
                "verbose_name": "open alert",
                "verbose_name_plural": "open alerts (hand-over)",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("routing.thread",),
        ),
    ]
