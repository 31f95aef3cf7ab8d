"""A lease outlives its limit, and may be over none: clients renew it all the same."""

from django.db import migrations, models

CONSTRAINT = "concurrency_lease_concurrency_limit_id_same_workspace"
REFERENCE = f"""
    ALTER TABLE concurrency_lease DROP CONSTRAINT {CONSTRAINT};
    ALTER TABLE concurrency_lease ADD CONSTRAINT {CONSTRAINT} FOREIGN KEY (workspace_id, concurrency_limit_id)
        REFERENCES concurrency_limit (workspace_id, id) ON DELETE %s;
"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_protect")]

    operations = [
        migrations.AlterField("concurrencylease", "concurrency_limit_id", models.UUIDField(null=True)),
        migrations.RunSQL(REFERENCE % "SET NULL (concurrency_limit_id)", REFERENCE % "CASCADE"),
    ]
