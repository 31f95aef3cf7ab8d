"""Background task runs are given to the task workers that wait for them, each to one at a time.

A delivery is a row with a lease, so it is the same for all sockets of all processes, and one whose server was
killed is offered again when the lease ends.
"""

from datetime import datetime, timedelta
from uuid import UUID

from controlplane.sql.transactions import system_transaction, workspace_transaction
from runs import queries_task_workers as queries
from runs.services import task_runs
from runs.wire.task_runs import TaskRun
from runs.wire.task_workers import TaskWorker, TaskWorkerListing

LEASE = timedelta(seconds=30)


def claim_run(workspace: UUID, worker: UUID, keys: list[str], *, now: datetime) -> TaskRun | None:
    """The run of these tasks that has waited longest and is nobody else's, leased to this worker for `LEASE`."""
    with workspace_transaction(workspace):
        found = queries.claim_task_run(workspace=workspace, worker=worker, keys=keys, now=now, until=now + LEASE)
        return None if found is None else task_runs.read_task_run(workspace, found, now=now)


def settle_run(workspace: UUID, worker: UUID, task_run_id: UUID) -> None:
    """The worker has it: it is not offered again unless it is scheduled anew."""
    with workspace_transaction(workspace):
        queries.settle_delivery(workspace=workspace, worker=worker, run=task_run_id)


def see_worker(workspace: UUID, worker: UUID, client_id: str, keys: list[str], *, now: datetime) -> None:
    """The worker is here, and keeps what it was offered."""
    with workspace_transaction(workspace):
        queries.see_task_worker(workspace=workspace, worker=worker, client=client_id, keys=keys, now=now)
        queries.renew_delivery(workspace=workspace, worker=worker, until=now + LEASE)


def dismiss_worker(workspace: UUID, worker: UUID) -> None:
    """The worker is gone; what it has not acknowledged is free for others."""
    with workspace_transaction(workspace):
        queries.release_deliveries(workspace=workspace, worker=worker)
        queries.delete_task_worker(workspace=workspace, worker=worker)


def list_workers(workspace: UUID, body: TaskWorkerListing, *, now: datetime) -> list[TaskWorker]:
    """Who is connected; with keys, those that serve one of these tasks."""
    keys = None if body.task_worker_filter is None else body.task_worker_filter.task_keys
    return queries.read_task_workers(workspace=workspace, since=now - LEASE, keys=keys)


def forget_lost(now: datetime) -> int:
    """In all workspaces: workers whose server was killed, and deliveries that say nothing any more."""
    with system_transaction():
        return queries.forget_lost_task_workers(since=now - LEASE) + queries.forget_settled_deliveries()
