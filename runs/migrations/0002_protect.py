from django.db import migrations

from controlplane.sql.operations import PartitionByDay, ProtectTable, ProtectTagTable

LOG_COLUMNS = """
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    created timestamptz NOT NULL DEFAULT now(),
    "timestamp" timestamptz NOT NULL,
    level int NOT NULL,
    name text NOT NULL,
    message text NOT NULL,
    flow_run_id uuid,
    task_run_id uuid,
    worker_id uuid,
    PRIMARY KEY (workspace_id, "timestamp", id)
"""

LOG_INDEXES = """
    CREATE INDEX log_of_flow_run ON log (workspace_id, flow_run_id, "timestamp");
    CREATE INDEX log_of_task_run ON log (workspace_id, task_run_id, "timestamp") WHERE task_run_id IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial"), ("workspaces", "0002_partitions")]

    operations = [
        ProtectTable("flow", root=True),
        ProtectTagTable("flow"),
        ProtectTable("flow_run", {"flow_id": "flow"}),
        ProtectTagTable("flow_run"),
        ProtectTable("flow_run_state", {"flow_run_id": "flow_run"}),
        ProtectTable("flow_run_input", {"flow_run_id": "flow_run"}),
        ProtectTable("task_run"),
        ProtectTagTable("task_run"),
        ProtectTable("task_run_state", {"task_run_id": "task_run"}),
        ProtectTable("task_run_cache", {"task_run_state_id": "task_run_state"}),
        ProtectTable("concurrency_limit", root=True),
        ProtectTable("concurrency_lease", {"concurrency_limit_id": "concurrency_limit"}),
        ProtectTable("artifact"),
        ProtectTable("artifact_collection", root=True),
        PartitionByDay("log", "timestamp", LOG_COLUMNS),
        migrations.RunSQL(LOG_INDEXES, migrations.RunSQL.noop),
    ]
