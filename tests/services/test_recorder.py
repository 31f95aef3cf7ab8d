"""Task runs out of events: what a batch costs depends on the batch, not on how much its workspace holds."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, workspace_transaction
from events.wire.events import Event
from runs.services import recorder
from tests.sockets.test_events_in import task_event
from tests.world import Tenant

READ = """
SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)::int
FROM pg_stat_xact_user_tables WHERE relname IN ('task_run', 'task_run_tag')
"""


def report(tenant: Tenant, flow_run: UUID, runs: dict[str, UUID], state: str, at: datetime) -> int:
    """Record a state of these task runs (by their dynamic keys). Returns how many stored rows were read for it."""
    sent = [task_event(state, run, flow_run, at, dynamic_key=key, tags=["etl"]) for key, run in runs.items()]
    with workspace_transaction(tenant.workspace_id):
        before = rows_read()
        recorder.record(tenant.workspace_id, msgspec.convert(sent, list[Event], strict=False))
        return rows_read() - before


def rows_read() -> int:
    row = open_cursor().execute(READ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize(
    ("_case", "same_ids"), [("by their ids", True), ("by their natural keys, as a flow that runs again", False)]
)
def test_a_batch_reads_its_own_task_runs_and_no_others(alice, _case, same_ids):
    """Also while the statistics know nothing of the workspace, as those of a young one do."""
    flow_run, begun = uuid7(), datetime.now(UTC)
    runs = {str(number): uuid7() for number in range(600)}
    report(alice, flow_run, runs, "PENDING", begun)
    few = {key: run if same_ids else uuid7() for key, run in list(runs.items())[:5]}
    assert report(alice, flow_run, few, "RUNNING", begun + timedelta(seconds=1)) <= 60
    with workspace_transaction(alice.workspace_id):
        found = open_cursor().execute(
            "SELECT state_type, count(*)::int FROM task_run WHERE workspace_id = %s GROUP BY 1 ORDER BY 1",
            [alice.workspace_id],
        ).fetchall()  # fmt: skip
    assert found == [("PENDING", 595), ("RUNNING", 5)]
