import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("automations", "0004_evaluation"),
        ("deployments", "0002_protect"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceLevel",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("deployment_id", models.UUIDField()),
                ("name", models.TextField()),
                ("severity", models.TextField(default="moderate")),
                ("enabled", models.BooleanField(default=True)),
                ("kind", models.TextField()),
                ("seconds", models.FloatField(null=True)),
                ("details", models.JSONField()),
                ("watching_since", models.DateTimeField()),
                ("last_met", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "service_level",
                "indexes": [
                    models.Index(condition=models.Q(("enabled", True)), fields=["kind"], name="service_level_watched")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "deployment_id", "name"), name="service_level_name_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceLevelViolation",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("service_level_id", models.UUIDField()),
                ("subject", models.TextField()),
                ("flow_run_id", models.UUIDField(null=True)),
                ("occurred", models.DateTimeField()),
                ("resolved", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "service_level_violation",
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved__isnull", True)),
                        fields=["created"],
                        name="service_level_violation_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "service_level_id", "subject"), name="service_level_violation_once"
                    )
                ],
            },
        ),
        ProtectTable("service_level", {"deployment_id": "deployment"}),
        ProtectTable("service_level_violation", {"service_level_id": "service_level"}),
    ]
