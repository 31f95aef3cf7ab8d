import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_states_and_tries"), ("blocks", "0004_protect_blocks")]

    operations = [
        migrations.CreateModel(
            name="FlowRunPolicy",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("is_active", models.BooleanField(default=True)),
                (
                    "state_names",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("block_document_id", models.UUIDField()),
                ("message_template", models.TextField(null=True)),
            ],
            options={"db_table": "flow_run_notification_policy"},
        ),
        ProtectTable("flow_run_notification_policy", {"block_document_id": "block_document"}),
    ]
