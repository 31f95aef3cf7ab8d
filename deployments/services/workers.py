"""Workers: they show themselves by heartbeats."""

from datetime import datetime
from uuid import UUID

from controlplane.errors import NotFound
from controlplane.filters import Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from deployments import queries
from deployments.models import Worker as WorkerRow
from deployments.models import WorkPool
from deployments.services import happenings
from deployments.services.work_pools import find_work_pool, raw
from deployments.wire.workers import Heartbeat, Worker


def record_heartbeat(
    workspace: UUID, pool_name: str, body: Heartbeat, *, client_version: str | None, now: datetime
) -> UUID:
    """The worker's id. A pool that was not ready is, as soon as it has a worker."""
    pool = find_work_pool(workspace, pool_name)
    interval = None if body.heartbeat_interval_seconds is None else max(1, round(body.heartbeat_interval_seconds))
    worker_id: UUID = queries.upsert_worker(
        workspace=workspace, id=uuid7(), now=now, pool=pool.id, name=body.name, interval=interval,
        version=client_version,
        metadata=None if body.metadata is None else raw(body.metadata),
    )  # fmt: skip
    if pool.status == "NOT_READY":
        # Many workers start at once: the one whose update counts tells of it.
        awoken = (
            WorkPool.objects.of(workspace).filter(id=pool.id, status="NOT_READY").update(status="READY", updated=now)
        )
        if awoken:
            happenings.pool_changed(workspace, pool, "ready", now=now)
    return worker_id


def list_workers(workspace: UUID, pool_name: str, body: Listing, *, now: datetime) -> list[Worker]:
    pool = find_work_pool(workspace, pool_name)
    limits, where = page_limits(body), compile_filter("workers", body)
    extra = {"where": where.text, "order": order_by("workers")}
    return queries.read_workers(
        extra=extra,
        workspace=workspace,
        pool=pool.id,
        now=now,
        limit=limits.limit,
        offset=limits.offset,
        **where.params,
    )


def delete_worker(workspace: UUID, pool_name: str, name: str) -> None:
    pool = find_work_pool(workspace, pool_name)
    gone, _ = WorkerRow.objects.of(workspace).filter(work_pool_id=pool.id, name=name).delete()
    if not gone:
        raise NotFound("Worker not found.")
