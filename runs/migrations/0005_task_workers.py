"""Task workers and what they are given; indexes for the sweeps over runs that nobody ends."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("runs", "0004_saved_search")]

    operations = [
        migrations.CreateModel(
            name="TaskWorker",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("client_id", models.TextField()),
                (
                    "task_keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                ),
                ("seen", models.DateTimeField()),
            ],
            options={"db_table": "task_worker"},
        ),
        ProtectTable("task_worker", root=True),
        migrations.CreateModel(
            name="TaskRunDelivery",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("state_id", models.UUIDField()),
                ("task_worker_id", models.UUIDField()),
                ("until", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "task_run_delivery",
                "indexes": [
                    models.Index(
                        condition=models.Q(("until__isnull", False)),
                        fields=["workspace_id", "task_worker_id"],
                        name="task_run_delivery_open",
                    )
                ],
            },
        ),
        ProtectTable("task_run_delivery", {"id": "task_run"}),
        migrations.RemoveIndex(model_name="taskrun", name="task_run_waiting"),
        migrations.AddIndex(
            model_name="taskrun",
            index=models.Index(
                condition=models.Q(("state_type", "SCHEDULED")),
                fields=["workspace_id", "task_key", "next_scheduled_start_time"],
                name="task_run_due",
            ),
        ),
        migrations.AddIndex(
            model_name="flowrun",
            index=models.Index(
                condition=models.Q(("state_type__in", ["PAUSED", "CANCELLING"])),
                fields=["workspace_id", "id"],
                name="flow_run_stopping",
            ),
        ),
        migrations.AddIndex(
            model_name="flowrun",
            index=models.Index(
                condition=models.Q(("state_type", "CANCELLED")), fields=["end_time"], name="flow_run_cancelled"
            ),
        ),
        migrations.AddIndex(
            model_name="flowrun",
            index=models.Index(
                condition=models.Q(
                    ("parent_task_run_id__isnull", False),
                    ("state_type__in", ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]),
                ),
                fields=["workspace_id", "id"],
                name="flow_run_open_child",
            ),
        ),
    ]
