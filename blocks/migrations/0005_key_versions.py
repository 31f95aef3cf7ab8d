"""Versions of data keys, keys of the customer's own, and changes of keys under way."""

import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ROLE_SYSTEM, ProtectTable

NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_audit"), ("blocks", "0004_protect_blocks")]

    operations = [
        migrations.AddField("datakey", "account_id", models.UUIDField(null=True)),
        migrations.AddField("datakey", "number", models.IntegerField(default=1)),
        migrations.CreateModel(
            name="CustomerKey",
            fields=[
                ("account_id", models.UUIDField(primary_key=True, serialize=False)),
                ("key_arn", models.TextField()),
                ("role_arn", models.TextField(default="")),
                ("former_arn", models.TextField(default="")),
                ("updated", models.DateTimeField(db_default=NOW)),
            ],
            options={"db_table": "customer_key"},
        ),
        migrations.CreateModel(
            name="KeyRotation",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=NOW)),
                ("updated", models.DateTimeField(db_default=NOW)),
                ("kind", models.TextField()),
                ("key_id", models.UUIDField(null=True)),
                ("total", models.IntegerField(default=0)),
                ("done", models.IntegerField(default=0)),
                ("position", models.JSONField(default=dict)),
                ("finished", models.DateTimeField(null=True)),
                ("error", models.TextField(default="")),
            ],
            options={"db_table": "key_rotation"},
        ),
        migrations.AddConstraint(
            "keyrotation",
            models.UniqueConstraint(
                fields=["workspace_id"], condition=models.Q(finished__isnull=True), name="key_rotation_one_at_a_time"
            ),
        ),
        ProtectTable("key_rotation", root=True),
        # The account's, so no workspace reads it; only the service behind the account's own door.
        migrations.RunSQL(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON customer_key TO {ROLE_SYSTEM}", migrations.RunSQL.noop
        ),
    ]
