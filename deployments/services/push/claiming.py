"""Due runs of push pools, claimed as a worker claims them: by their transition to PENDING."""

from datetime import datetime
from uuid import UUID

from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments import queries_push as queries
from deployments.models import PushSubmission
from deployments.services import polling
from deployments.wire.work_queues import GetScheduledFlowRuns
from runs.services import transitions
from runs.wire.states import StateCreate

AT_ONCE = 20


def claim_push_runs(now: datetime) -> int:
    """Claim what is due, each run and the promise to submit it in one transaction. How many were claimed."""
    with system_transaction():
        pools = queries.find_push_pools()
    claimed = 0
    for pool in pools:
        with workspace_transaction(pool.workspace_id):
            claimed += claim_of_pool(pool.workspace_id, pool, now)
    return claimed


def claim_of_pool(workspace: UUID, pool: queries.PushPool, now: datetime) -> int:
    due = polling.poll_work_pool(
        workspace, pool.name, GetScheduledFlowRuns(scheduled_before=now, limit=AT_ONCE), now=now
    )
    return sum(claim_run(workspace, pool.id, found.flow_run.id, now) for found in due)


def claim_run(workspace: UUID, pool_id: UUID, flow_run_id: UUID, now: datetime) -> bool:
    answer = transitions.propose_state(workspace, flow_run_id, StateCreate(type="PENDING"), now=now)
    state = answer.body.state
    if answer.status != 201 or state is None or state.type != "PENDING":
        return False  # at a limit, cancelled, or another's
    PushSubmission.objects.create(
        workspace_id=workspace, id=uuid7(), flow_run_id=flow_run_id, work_pool_id=pool_id, next_look=now
    )
    return True
