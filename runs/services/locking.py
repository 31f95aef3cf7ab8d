"""A run under its row lock, with the state it is in now."""

from uuid import UUID

from runs import queries


def lock_flow_run(workspace: UUID, flow_run_id: UUID) -> queries.LockedFlowRun | None:
    """The run, locked until the transaction ends; None if there is none."""
    row = queries.lock_flow_run(workspace=workspace, run=flow_run_id)
    if row is not None and row.state_id != row.latest_state_id:
        # Another transition was waited for: only a new statement sees the state that it stored.
        row = queries.lock_flow_run(workspace=workspace, run=flow_run_id)
    return row


def lock_task_run(workspace: UUID, task_run_id: UUID) -> queries.LockedTaskRun | None:
    """The task run, locked until the transaction ends; None if there is none."""
    row = queries.lock_task_run(workspace=workspace, run=task_run_id)
    if row is not None and row.state_id != row.latest_state_id:
        row = queries.lock_task_run(workspace=workspace, run=task_run_id)
    return row
