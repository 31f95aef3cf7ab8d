from django.db import migrations

from controlplane.sql.operations import ProtectTable, ProtectTagTable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions"), ("blocks", "0001_initial")]

    operations = [ProtectTable("variable", root=True), ProtectTagTable("variable"), ProtectTable("data_key", root=True)]
