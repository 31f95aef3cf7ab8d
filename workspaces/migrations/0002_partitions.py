"""The function that adds protected days to a partitioned table; events and logs are made with it."""

from django.db import migrations

from controlplane.sql.operations import ENSURE_PARTITIONS


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0001_initial")]

    operations = [migrations.RunSQL(ENSURE_PARTITIONS, "DROP FUNCTION ensure_partitions")]
