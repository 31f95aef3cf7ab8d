import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable

# Evaluators follow changes by the transaction that made them, as they follow events: a time would miss slow ones.
VERSION = """
    ALTER TABLE automation ADD COLUMN version xid8 NOT NULL DEFAULT pg_current_xact_id();
    CREATE INDEX automation_by_version ON automation (version);
"""
UNVERSION = "ALTER TABLE automation DROP COLUMN version"


class Migration(migrations.Migration):
    dependencies = [
        ("automations", "0003_actions"),
    ]

    operations = [
        migrations.RunSQL(VERSION, UNVERSION),
        migrations.CreateModel(
            name="EvaluationClock",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("position", models.BigIntegerField()),
                ("mark", models.BigIntegerField()),
                ("marked", models.DateTimeField()),
                ("as_of", models.DateTimeField()),
                ("passed", models.DateTimeField()),
                ("held_until", models.DateTimeField()),
            ],
            options={
                "db_table": "automation_clock",
            },
        ),
        migrations.CreateModel(
            name="Parked",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("occurred", models.DateTimeField()),
                ("follows", models.UUIDField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "automation_parked",
            },
        ),
        migrations.CreateModel(
            name="Evaluation",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("automation_id", models.UUIDField()),
                ("trigger_id", models.UUIDField()),
                ("verdict", models.TextField()),
                ("reason", models.TextField(default="")),
                ("event_id", models.UUIDField(null=True)),
                ("event", models.TextField(default="")),
                ("resource_id", models.TextField(default="")),
                ("firing_id", models.UUIDField(null=True)),
                ("depth", models.IntegerField(default=0)),
                ("times", models.IntegerField(default=1)),
            ],
            options={
                "db_table": "automation_evaluation",
                "indexes": [
                    models.Index(
                        fields=["workspace_id", "automation_id", "-created"], name="automation_evaluation_newest"
                    ),
                    models.Index(
                        condition=models.Q(("verdict", "fired")),
                        fields=["workspace_id", "automation_id", "created"],
                        name="automation_evaluation_fired",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Machine",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("automation_id", models.UUIDField()),
                ("trigger_id", models.UUIDField()),
                ("memory", models.JSONField()),
                ("deadline", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "automation_machine",
                "indexes": [
                    models.Index(fields=["deadline"], name="automation_machine_due"),
                    models.Index(fields=["workspace_id", "automation_id"], name="automation_machine_of"),
                ],
            },
        ),
        ProtectTable("automation_parked", root=True),
        ProtectTable("automation_evaluation", {"automation_id": "automation"}),
        ProtectTable("automation_machine", {"automation_id": "automation"}),
    ]
