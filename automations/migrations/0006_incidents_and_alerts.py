import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("automations", "0005_service_levels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("name", models.TextField()),
                ("description", models.TextField(default="")),
                ("severity", models.TextField(default="moderate")),
                ("resource_id", models.TextField(default="")),
                ("event_id", models.UUIDField(null=True)),
                ("declared_by", models.JSONField()),
                ("key", models.TextField(null=True)),
                ("times", models.IntegerField(default=1)),
                ("last_declared", models.DateTimeField()),
                ("resolved", models.DateTimeField(null=True)),
                ("resolved_by", models.JSONField(null=True)),
            ],
            options={
                "db_table": "incident",
                "indexes": [models.Index(fields=["workspace_id", "-created"], name="incident_newest")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved__isnull", True)),
                        fields=("workspace_id", "key"),
                        name="incident_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLevelAlert",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("severity", models.TextField()),
                ("receiver_id", models.UUIDField()),
            ],
            options={
                "db_table": "service_level_alert",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "severity"), name="service_level_alert_severity_once"
                    )
                ],
            },
        ),
        ProtectTable("incident", root=True),
        ProtectTable("service_level_alert", root=True),
    ]
