"""Polls: what may be started now. Nothing is reserved; the claim is the run's transition to PENDING."""

from datetime import datetime
from uuid import UUID

from msgspec import convert

from controlplane.errors import Invalid, NotFound
from controlplane.filters.bodies import PAGE_SIZE
from deployments import queries
from deployments.models import WorkQueue
from deployments.services import happenings
from deployments.wire.deployments import GetScheduledRuns
from deployments.wire.work_queues import GetRuns, GetScheduledFlowRuns, WorkerFlowRun
from runs import filters as run_filters
from runs.services.flow_runs import list_flow_runs
from runs.wire.flow_runs import FlowRun


def poll_work_pool(
    workspace: UUID, pool_name: str, body: GetScheduledFlowRuns, *, now: datetime
) -> list[WorkerFlowRun]:
    """Due runs of a pool, first things first. NotFound for a pool or a queue that is not there."""
    names = body.work_queue_names or None
    rows = queries.poll_work_pool(
        workspace=workspace, pool=pool_name, names=names, before=body.scheduled_before, after=body.scheduled_after,
        limit=check_limit(body.limit), now=now,
    )  # fmt: skip
    if not rows:
        raise NotFound(f'Work pool "{pool_name}" not found.')
    first = rows[0]
    if names is not None:
        known = set(first.queue_names or ())
        missing = next((name for name in names if name not in known), None)
        if missing is not None:
            raise NotFound(f"Work pool queue '{pool_name}/{missing}' not found.")
    if first.awoken:
        happenings.queues_changed(workspace, first.awoken, "ready", now=now)
    return [
        WorkerFlowRun(work_pool_id=row.pool_id, work_queue_id=row.queue_id, flow_run=row.run)
        for row in rows
        if row.run is not None and row.queue_id is not None
    ]


def poll_deployments(workspace: UUID, body: GetScheduledRuns, *, now: datetime) -> list[FlowRun]:
    """Due runs of some deployments, for a process that serves them."""
    found = queries.find_due_of_deployments(
        workspace=workspace, deployments=body.deployment_ids, before=body.scheduled_before,
        limit=check_limit(body.limit), now=now,
    )  # fmt: skip
    return in_order(workspace, [row.id for row in found], now)


def poll_queue(workspace: UUID, queue_id: UUID, body: GetRuns, *, from_page: bool, now: datetime) -> list[FlowRun]:
    """Due runs by the queue's name, for an agent of 2.x. Looking at it on a page is no poll."""
    queue = WorkQueue.objects.of(workspace).filter(id=queue_id).first()
    if queue is None:
        raise NotFound(f"Work queue with id {queue_id} not found.", envelope="exception_message")
    found = queries.find_due_of_queue(
        workspace=workspace, queue=queue_id, before=body.scheduled_before, limit=check_limit(body.limit)
    )
    if not from_page:
        status = "READY" if queue.status == "NOT_READY" else queue.status
        WorkQueue.objects.of(workspace).filter(id=queue_id).update(last_polled=now, status=status)
        if status != queue.status:
            happenings.queues_changed(workspace, [queue_id], "ready", now=now)
    return in_order(workspace, [row.id for row in found], now)


def in_order(workspace: UUID, ids: list[UUID], now: datetime) -> list[FlowRun]:
    """These runs, soonest first."""
    if not ids:
        return []
    body = {"flow_runs": {"id": {"any_": ids}}, "sort": "NEXT_SCHEDULED_START_TIME_ASC"}
    return list_flow_runs(workspace, convert(body, run_filters.FlowRunsFilter), now=now)


def check_limit(limit: int | None) -> int:
    if limit is None:
        return PAGE_SIZE
    if limit > PAGE_SIZE:
        raise Invalid(f"Invalid limit: must be less than or equal to {PAGE_SIZE}.")
    if limit < 0:
        raise Invalid("Invalid limit: must be greater than or equal to 0.")
    return limit
