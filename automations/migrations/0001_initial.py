import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Automation",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("name", models.TextField()),
                ("description", models.TextField(default="")),
                ("enabled", models.BooleanField(default=True)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("trigger", models.JSONField()),
                ("actions", models.JSONField(default=list)),
                ("actions_on_trigger", models.JSONField(default=list)),
                ("actions_on_resolve", models.JSONField(default=list)),
            ],
            options={
                "db_table": "automation",
                "indexes": [models.Index(fields=["workspace_id", "name"], name="automation_by_name")],
            },
        ),
        migrations.CreateModel(
            name="AutomationRelatedResource",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("automation_id", models.UUIDField()),
                ("resource_id", models.TextField()),
                ("owned", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "automation_related_resource",
                "indexes": [models.Index(fields=["workspace_id", "resource_id"], name="automation_by_resource")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace_id", "automation_id", "resource_id"), name="automation_related_once"
                    )
                ],
            },
        ),
    ]
