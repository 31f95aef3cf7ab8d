"""Runs that nobody started in time become Late."""

from datetime import datetime, timedelta

from controlplane.errors import NotFound
from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments import queries
from runs.services.late import mark_late

GRACE = timedelta(seconds=15)
BATCH = 400


def mark_late_runs(now: datetime) -> int:
    """How many were looked at. A run that has begun in the meantime is left alone by the policy."""
    with system_transaction():
        found = queries.find_late_runs(due=now - GRACE, limit=BATCH)
    for row in found:
        try:
            with workspace_transaction(row.workspace_id):
                mark_late(row.workspace_id, row.id, now=now)
        except NotFound:  # deleted in the meantime
            continue
    return len(found)
