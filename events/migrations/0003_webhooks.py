import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0002_event_table"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("name", models.TextField()),
                ("description", models.TextField(default="")),
                ("enabled", models.BooleanField(default=True)),
                ("template", models.TextField()),
                ("slug", models.TextField()),
                ("service_account_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "webhook",
                "indexes": [models.Index(fields=["slug"], name="webhook_by_slug")],
                "constraints": [models.UniqueConstraint(fields=("workspace_id", "slug"), name="webhook_slug_once")],
            },
        ),
        ProtectTable("webhook", root=True),
    ]
