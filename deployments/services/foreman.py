"""The foreman: what is no longer there is shown as gone. Every change is conditional: several may sweep at once."""

from datetime import datetime, timedelta
from uuid import UUID

from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments import queries
from deployments.models import Worker, WorkPool, WorkQueue
from deployments.services import happenings

QUIET = timedelta(seconds=60)
BATCH = 1000


def inspect(now: datetime) -> None:
    """Silent workers go OFFLINE; pools, queues and deployments follow."""
    quiet = now - QUIET
    with system_transaction():
        queries.set_workers_offline(now=now)
        pools = queries.find_quiet_pools(limit=BATCH)
        queues = queries.find_quiet_queues(quiet=quiet, limit=BATCH)
        deployments = queries.find_changed_deployments(quiet=quiet, limit=BATCH)
    for row in pools:
        with workspace_transaction(row.workspace_id):
            rest_pool(row.workspace_id, row.id, now)
    for row in queues:
        with workspace_transaction(row.workspace_id):
            rest_queue(row.workspace_id, row.id, now)
    for row in deployments:
        with workspace_transaction(row.workspace_id):
            flip_deployment(row.workspace_id, row.id, now)


def rest_pool(workspace: UUID, pool_id: UUID, now: datetime) -> None:
    pool = WorkPool.objects.of(workspace).select_for_update(no_key=True).filter(id=pool_id, status="READY").first()
    if pool is None or Worker.objects.of(workspace).filter(work_pool_id=pool_id, status="ONLINE").exists():
        return
    pool.status, pool.updated = "NOT_READY", now
    pool.save(update_fields=["status", "updated"])
    happenings.pool_changed(workspace, pool, "not-ready", now=now)


def rest_queue(workspace: UUID, queue_id: UUID, now: datetime) -> None:
    resting = WorkQueue.objects.of(workspace).filter(id=queue_id, status="READY").exclude(last_polled__gte=now - QUIET)
    if resting.update(status="NOT_READY", updated=now):
        happenings.queues_changed(workspace, [queue_id], "not-ready", now=now)


def flip_deployment(workspace: UUID, deployment_id: UUID, now: datetime) -> None:
    status = queries.flip_deployment(workspace=workspace, deployment=deployment_id, quiet=now - QUIET)
    if status is not None:
        happenings.deployment_changed(workspace, deployment_id, happenings.READINESS[status], now=now)
