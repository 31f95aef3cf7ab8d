import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    """What a deployment was like, version by version, and what it was branched from."""

    dependencies = [
        ("deployments", "0005_cleanups"),
    ]

    operations = [
        migrations.AddField(
            model_name="deployment",
            name="base",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="deployment",
            name="branch",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="deployment",
            name="disabled",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="deployment",
            name="root",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="deployment",
            name="version_id",
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name="DeploymentVersion",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("deployment_id", models.UUIDField()),
                ("type", models.TextField()),
                ("version", models.TextField()),
                ("version_info", models.JSONField()),
                ("description", models.TextField(null=True)),
                ("entrypoint", models.TextField(null=True)),
                ("pull_steps", models.JSONField(null=True)),
                ("parameters", models.JSONField(default=dict)),
                ("parameter_openapi_schema", models.JSONField(null=True)),
                ("enforce_parameter_schema", models.BooleanField(default=False)),
                ("job_variables", models.JSONField(default=dict)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("labels", models.JSONField(default=dict)),
                ("work_queue_id", models.UUIDField(null=True)),
                ("work_queue_name", models.TextField(null=True)),
                ("created_by", models.JSONField(null=True)),
                ("last_active", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "deployment_version",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "deployment_id", "type", "version"), name="deployment_version_once"
                    )
                ],
            },
        ),
        ProtectTable("deployment_version", {"deployment_id": "deployment", "work_queue_id": "work_queue SET NULL"}),
    ]
