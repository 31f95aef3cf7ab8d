"""Which runs take the slots of a work pool or of a queue."""

from datetime import datetime
from math import ceil
from uuid import UUID

from controlplane.errors import NotFound
from deployments import queries_slots as queries
from deployments.models import WorkPool, WorkQueue
from deployments.services.polling import check_limit
from deployments.wire.slots import PoolStatus, QueueStatus, ReadPoolSlots, ReadQueueSlots


def read_pool_status(workspace: UUID, pool_name: str, body: ReadPoolSlots, *, now: datetime) -> PoolStatus:
    pool = WorkPool.objects.of(workspace).filter(name=pool_name).first()
    if pool is None:
        raise NotFound(f"Work pool '{pool_name}' not found.")
    limit = check_limit(body.limit)
    queues = queries.read_pool_slots(
        workspace=workspace, pool=pool.id, flow_runs=body.flow_run_limit, limit=limit, offset=(body.page - 1) * limit,
        now=now,
    )  # fmt: skip
    count = WorkQueue.objects.of(workspace).filter(work_pool_id=pool.id).count()
    return PoolStatus(
        active_slots=queries.count_pool_slots(workspace=workspace, pool=pool.id),
        concurrency_limit=pool.concurrency_limit, queues=queues, count=count, limit=limit,
        pages=pages(count, limit), page=body.page,
    )  # fmt: skip


def read_queue_status(workspace: UUID, queue_id: UUID, body: ReadQueueSlots, *, now: datetime) -> QueueStatus:
    """A queue's own status: what is being cancelled takes a slot here, as it does for the agents of 2.x."""
    queue = WorkQueue.objects.of(workspace).filter(id=queue_id).first()
    if queue is None:
        raise NotFound("Work queue not found.")
    limit = check_limit(body.limit)
    holders = queries.read_slot_holders(
        workspace=workspace, queue=queue_id, limit=limit, offset=(body.page - 1) * limit, now=now
    )
    count: int = queries.count_slot_holders(workspace=workspace, queue=queue_id)
    return QueueStatus(
        active_slots=count, concurrency_limit=queue.concurrency_limit, flow_runs=holders, count=count, limit=limit,
        pages=pages(count, limit), page=body.page,
    )  # fmt: skip


def pages(count: int, limit: int) -> int:
    return ceil(count / limit) if limit else 0
