import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    """The last heartbeat of each flow run that sends some."""

    dependencies = [("runs", "0007_who_asked")]

    operations = [
        migrations.CreateModel(
            name="FlowRunPulse",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seen", models.DateTimeField()),
                ("occurred", models.DateTimeField()),
                ("beats", models.IntegerField(default=1)),
                ("interval_seconds", models.IntegerField()),
                ("suspected", models.DateTimeField(null=True)),
                ("checked", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "flow_run_pulse",
                "indexes": [models.Index(fields=["seen"], name="flow_run_pulse_silent")],
            },
        ),
        ProtectTable("flow_run_pulse", {"id": "flow_run"}),
    ]
