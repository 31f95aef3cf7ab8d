"""What may be stored, and how much is. Small indexes by block ranges find what came in a stretch of time."""

import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ROLE_SYSTEM, ProtectTable

NOW = django.db.models.functions.datetime.Now()
ID = ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False))
RANGES = "".join(
    f'CREATE INDEX {table}_came ON {table} USING brin ({column}) WITH (pages_per_range = 32, autosummarize = on);'
    for table, column in (
        ("log", "created"), ("event", "received"), ("flow_run", "created"), ("artifact", "created"),
        ("flow_run_state", "created"), ("task_run_state", "created"),
    )
)  # fmt: skip
UNRANGE = "DROP INDEX log_came, event_came, flow_run_came, artifact_came, flow_run_state_came, task_run_state_came"


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0003_audit"), ("runs", "0006_run_indexes"), ("events", "0002_event_table")]

    operations = [
        migrations.CreateModel(
            name="DataBoundary",
            fields=[
                ID,
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=NOW)),
                ("updated", models.DateTimeField(db_default=NOW)),
                ("parameters", models.TextField(default="store")),
                ("logs", models.TextField(default="store")),
                ("least_log_level", models.IntegerField(default=0)),
                ("mask_secrets_in_logs", models.BooleanField(default=True)),
                ("artifacts", models.TextField(default="store")),
                ("largest_inline_result", models.IntegerField(null=True)),
                ("event_payloads", models.TextField(default="store")),
            ],
            options={"db_table": "data_boundary"},
        ),
        migrations.CreateModel(
            name="DataMeter",
            fields=[
                ID,
                ("workspace_id", models.UUIDField()),
                ("hour", models.DateTimeField()),
                ("kind", models.TextField()),
                ("deployment_id", models.UUIDField()),
                ("items", models.BigIntegerField()),
                ("bytes", models.BigIntegerField()),
            ],
            options={"db_table": "data_meter"},
        ),
        migrations.CreateModel(
            name="MeterPosition",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
            ],
            options={"db_table": "meter_position"},
        ),
        migrations.AddConstraint(
            "databoundary", models.UniqueConstraint(fields=["workspace_id"], name="data_boundary_once")
        ),
        migrations.AddConstraint(
            "datameter",
            models.UniqueConstraint(fields=["workspace_id", "hour", "kind", "deployment_id"], name="data_meter_once"),
        ),
        ProtectTable("data_boundary", root=True),
        ProtectTable("data_meter", root=True),
        migrations.RunSQL(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON meter_position TO {ROLE_SYSTEM}", migrations.RunSQL.noop
        ),
        migrations.RunSQL(RANGES, UNRANGE),
    ]
