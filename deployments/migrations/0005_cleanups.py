import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    """What workers are asked to tear down, until one has done it."""

    dependencies = [
        ("deployments", "0004_paused_since"),
    ]

    operations = [
        migrations.CreateModel(
            name="Cleanup",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("work_pool_id", models.UUIDField()),
                ("work_queue_id", models.UUIDField(null=True)),
                ("flow_run_id", models.UUIDField()),
                ("kind", models.TextField()),
                ("infrastructure_pid", models.TextField(null=True)),
                ("available", models.DateTimeField()),
                ("delivery_count", models.IntegerField(default=0)),
                ("connection_id", models.UUIDField(null=True)),
                ("reservation_token", models.TextField(null=True)),
                ("lease_expires", models.DateTimeField(null=True)),
                ("dead_since", models.DateTimeField(null=True)),
                ("release_reason", models.TextField(null=True)),
            ],
            options={
                "db_table": "cleanup",
                "indexes": [
                    models.Index(
                        condition=models.Q(("dead_since__isnull", True)),
                        fields=["workspace_id", "work_pool_id", "available"],
                        name="cleanup_waiting",
                    ),
                    models.Index(fields=["created"], name="cleanup_by_age"),
                ],
            },
        ),
        ProtectTable(
            "cleanup",
            {"work_pool_id": "work_pool", "work_queue_id": "work_queue SET NULL", "flow_run_id": "flow_run"},
        ),
    ]
