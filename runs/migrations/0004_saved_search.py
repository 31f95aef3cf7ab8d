import django.db.models.functions.datetime
from django.db import migrations, models

import controlplane.ids
from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("runs", "0003_lease_without_limit")]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.UUIDField(default=controlplane.ids.uuid7, primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("name", models.TextField()),
                ("filters", models.JSONField(default=list)),
            ],
            options={
                "db_table": "saved_search",
                "constraints": [
                    models.UniqueConstraint(fields=["workspace_id", "name"], name="saved_search_name_once")
                ],
            },
        ),
        ProtectTable("saved_search", root=True),
    ]
