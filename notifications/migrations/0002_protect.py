from django.db import migrations

from controlplane.sql.operations import ProtectTable


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions"), ("notifications", "0001_initial")]

    operations = [
        ProtectTable("notification_channel", root=True),
        ProtectTable("notification_rule", {"channel_id": "notification_channel"}),
        ProtectTable("notification_outbox", {"channel_id": "notification_channel"}),
    ]
