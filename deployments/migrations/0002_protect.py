from django.db import migrations

from controlplane.sql.operations import ProtectTable, ProtectTagTable

# A run keeps its history when its queue is deleted.
RUN_OF_A_QUEUE = """
    ALTER TABLE flow_run ADD CONSTRAINT flow_run_work_queue_id_same_workspace
    FOREIGN KEY (workspace_id, work_queue_id) REFERENCES work_queue (workspace_id, id)
    ON DELETE SET NULL (work_queue_id);
"""


class Migration(migrations.Migration):
    dependencies = [("workspaces", "0002_partitions"), ("deployments", "0001_initial"), ("runs", "0002_protect")]

    operations = [
        ProtectTable("work_pool", root=True),
        ProtectTable("work_queue", {"work_pool_id": "work_pool"}),
        ProtectTable("worker", {"work_pool_id": "work_pool"}),
        ProtectTable(
            "deployment",
            {
                "flow_id": "flow",
                "work_queue_id": "work_queue SET NULL",
                "concurrency_limit_id": "concurrency_limit SET NULL",
            },
        ),
        ProtectTagTable("deployment"),
        migrations.RunSQL(RUN_OF_A_QUEUE, migrations.RunSQL.noop),
        ProtectTable("deployment_schedule", {"deployment_id": "deployment"}),
    ]
