import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [
        ("deployments", "0006_versions"),
    ]

    operations = [
        migrations.CreateModel(
            name="PushKey",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("work_pool_id", models.UUIDField()),
                ("api_key_id", models.UUIDField()),
                ("secret", models.BinaryField()),
                ("replace_after", models.DateTimeField()),
            ],
            options={
                "db_table": "push_key",
            },
        ),
        migrations.CreateModel(
            name="PushSubmission",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("flow_run_id", models.UUIDField()),
                ("work_pool_id", models.UUIDField(null=True)),
                ("status", models.TextField(default="SUBMITTING")),
                ("credentials", models.JSONField(null=True)),
                ("cluster", models.TextField(null=True)),
                ("container", models.TextField(null=True)),
                ("task_arn", models.TextField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("next_look", models.DateTimeField()),
                ("lease_until", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("start_by", models.DateTimeField(null=True)),
                ("stop_asked", models.DateTimeField(null=True)),
                ("exit_code", models.IntegerField(null=True)),
                ("reason", models.TextField(default="")),
                ("ended", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "push_submission",
            },
        ),
        migrations.AddIndex(
            model_name="workpool",
            index=models.Index(
                condition=models.Q(("type", "ecs:push")), fields=["workspace_id"], name="work_pool_push"
            ),
        ),
        migrations.AddConstraint(
            model_name="pushkey",
            constraint=models.UniqueConstraint(fields=("workspace_id", "work_pool_id"), name="push_key_once"),
        ),
        migrations.AddIndex(
            model_name="pushsubmission",
            index=models.Index(
                condition=models.Q(("status", "ENDED"), _negated=True), fields=["next_look"], name="push_submission_due"
            ),
        ),
        migrations.AddIndex(
            model_name="pushsubmission",
            index=models.Index(fields=["workspace_id", "flow_run_id"], name="push_submission_of_run"),
        ),
        migrations.AddConstraint(
            model_name="pushsubmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["SUBMITTING", "SUBMITTED", "RUNNING", "ENDED"])),
                name="push_submission_status",
            ),
        ),
        # A run's row may go before its task has been stopped, and a pool's too.
        ProtectTable("push_submission", {"work_pool_id": "work_pool SET NULL"}),
        ProtectTable("push_key", {"work_pool_id": "work_pool"}),
    ]
