"""Keys that were refused lately, for the workspaces of their own account."""

import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable

REASONS = ["expired", "revoked", "disabled", "workspace", "role"]


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0004_data_boundary")]

    operations = [
        migrations.CreateModel(
            name="RefusedKey",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("key_id", models.UUIDField()),
                ("key_name", models.TextField()),
                ("reason", models.TextField()),
                ("refused_since", models.DateTimeField(null=True)),
                ("pool", models.TextField()),
                ("address", models.TextField()),
                ("client", models.TextField()),
                ("last", models.DateTimeField()),
                ("times", models.IntegerField(default=1)),
            ],
            options={
                "db_table": "refused_key",
                "indexes": [models.Index(fields=["last"], name="refused_key_last")],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace_id", "key_id", "pool"), name="refused_key_once"),
                    models.CheckConstraint(condition=models.Q(reason__in=REASONS), name="refused_key_reason"),
                ],
            },
        ),
        ProtectTable("refused_key", root=True),
    ]
