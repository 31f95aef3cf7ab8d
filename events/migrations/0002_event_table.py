"""The event table, partitioned by day."""

from django.db import migrations

from controlplane.sql.operations import PartitionByDay

COLUMNS = """
    workspace_id uuid NOT NULL,
    id uuid NOT NULL,
    occurred timestamptz NOT NULL,
    received timestamptz NOT NULL DEFAULT now(),
    event text NOT NULL,
    resource_id text NOT NULL,
    resource jsonb NOT NULL,
    related jsonb NOT NULL DEFAULT '[]',
    payload jsonb NOT NULL DEFAULT '{}',
    follows uuid,
    tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (workspace_id, id, occurred)
"""

INDEXES = """
    CREATE INDEX event_by_time ON event (workspace_id, occurred DESC, id);
    CREATE INDEX event_of_resource ON event (workspace_id, resource_id, occurred DESC);
    -- Consumers tail the table by transaction.
    CREATE INDEX event_tail ON event (tx);
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0001_initial"), ("workspaces", "0002_partitions")]

    operations = [PartitionByDay("event", "occurred", COLUMNS), migrations.RunSQL(INDEXES, migrations.RunSQL.noop)]
