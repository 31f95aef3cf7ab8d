import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable

INDEX = """
    -- Assets are known by these events alone, which are few among many.
    CREATE INDEX event_of_asset ON event (workspace_id, resource_id, occurred DESC) WHERE event IN (
        'prefect.asset.materialization.succeeded', 'prefect.asset.materialization.failed', 'prefect.asset.referenced');
"""


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0003_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ForgottenAsset",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("key", models.TextField()),
                ("forgotten", models.DateTimeField()),
            ],
            options={
                "db_table": "forgotten_asset",
                "constraints": [models.UniqueConstraint(fields=("workspace_id", "key"), name="forgotten_asset_once")],
            },
        ),
        ProtectTable("forgotten_asset", root=True),
        migrations.RunSQL(INDEX, "DROP INDEX event_of_asset"),
    ]
