import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("automations", "0002_protect"),
    ]

    operations = [
        migrations.CreateModel(
            name="TriggeredAction",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("automation_id", models.UUIDField()),
                ("firing_id", models.UUIDField()),
                ("action_index", models.IntegerField()),
                ("kind", models.TextField()),
                ("action", models.JSONField()),
                ("firing", models.JSONField()),
                ("automation", models.JSONField()),
                ("event", models.JSONField(null=True)),
                ("key", models.TextField()),
                ("attempts", models.IntegerField(default=0)),
                ("next_attempt", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("done", models.DateTimeField(null=True)),
                ("dead", models.DateTimeField(null=True)),
                ("answer", models.TextField(default="")),
                ("tries", models.JSONField(default=list)),
            ],
            options={
                "db_table": "automation_action",
                "indexes": [
                    models.Index(
                        condition=models.Q(("dead__isnull", True), ("done__isnull", True)),
                        fields=["next_attempt"],
                        name="automation_action_due",
                    ),
                    models.Index(fields=["workspace_id", "-created"], name="automation_action_newest"),
                    models.Index(
                        fields=["workspace_id", "automation_id", "-created"], name="automation_action_history"
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("workspace_id", "key"), name="automation_action_key")],
            },
        ),
        ProtectTable("automation_action", root=True),
    ]
