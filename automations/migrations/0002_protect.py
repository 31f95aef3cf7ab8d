from django.db import migrations

from controlplane.sql.operations import ProtectTable, ProtectTagTable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions"), ("automations", "0001_initial")]

    operations = [
        ProtectTable("automation", root=True),
        ProtectTagTable("automation"),
        ProtectTable("automation_related_resource", {"automation_id": "automation"}),
    ]
