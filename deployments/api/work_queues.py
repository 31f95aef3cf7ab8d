"""REST doors of work queues: those of a pool, and the older ones that name no pool."""

from uuid import UUID

from controlplane.wire.doors import Call, delete, get, patch, post
from deployments import filters
from deployments.services import polling, work_queues
from deployments.wire.work_queues import GetRuns, WorkQueue, WorkQueueCreate, WorkQueueHealth, WorkQueueUpdate
from runs.services.secrecy import reveal
from runs.wire.flow_runs import FlowRun
from workspaces.permissions import Permission


@post("work_pools/<str:pool>/queues", needs=Permission.WRITE_WORK_QUEUES, status=201)
def create_pool_queue(call: Call, pool: str, body: WorkQueueCreate) -> WorkQueue:
    return work_queues.create_work_queue(call.workspace, pool, body, now=call.now)


@post("work_pools/<str:pool>/queues/filter", needs=Permission.SEE_WORK_QUEUES)
def list_pool_queues(call: Call, pool: str, body: filters.WorkPoolQueuesFilter) -> list[WorkQueue]:
    return work_queues.list_pool_queues(call.workspace, pool, body)


@get("work_pools/<str:pool>/queues/<str:name>", needs=Permission.SEE_WORK_QUEUES)
def read_pool_queue(call: Call, pool: str, name: str) -> WorkQueue:
    return work_queues.read_pool_queue(call.workspace, pool, name)


@patch("work_pools/<str:pool>/queues/<str:name>", needs=Permission.WRITE_WORK_QUEUES)
def update_pool_queue(call: Call, pool: str, name: str, body: WorkQueueUpdate) -> None:
    work_queues.update_pool_queue(call.workspace, pool, name, body, now=call.now)


@delete("work_pools/<str:pool>/queues/<str:name>", needs=Permission.MANAGE_WORK_QUEUES)
def delete_pool_queue(call: Call, pool: str, name: str) -> None:
    work_queues.delete_pool_queue(call.workspace, pool, name, now=call.now)


@post("work_queues", needs=Permission.WRITE_WORK_QUEUES, status=201)
def create_queue(call: Call, body: WorkQueueCreate) -> WorkQueue:
    return work_queues.create_agent_queue(call.workspace, body, now=call.now)


@post("work_queues/filter", needs=Permission.SEE_WORK_QUEUES)
def list_queues(call: Call, body: filters.WorkQueuesFilter) -> list[WorkQueue]:
    return work_queues.list_queues(call.workspace, "work_queues", body)


@get("work_queues/<uuid:id>", needs=Permission.SEE_WORK_QUEUES)
def read_queue(call: Call, id: UUID) -> WorkQueue:
    return work_queues.read_by_id(call.workspace, id)


@get("work_queues/name/<str:name>", needs=Permission.SEE_WORK_QUEUES)
def read_queue_by_name(call: Call, name: str) -> WorkQueue:
    return work_queues.read_agent_queue(call.workspace, name)


@get("work_queues/<uuid:id>/status", needs=Permission.SEE_WORK_QUEUES)
def read_queue_health(call: Call, id: UUID) -> WorkQueueHealth:
    return work_queues.read_health(call.workspace, id, now=call.now)


@patch("work_queues/<uuid:id>", needs=Permission.WRITE_WORK_QUEUES)
def update_queue(call: Call, id: UUID, body: WorkQueueUpdate) -> None:
    work_queues.update_by_id(call.workspace, id, body, now=call.now)


@delete("work_queues/<uuid:id>", needs=Permission.MANAGE_WORK_QUEUES)
def delete_queue(call: Call, id: UUID) -> None:
    work_queues.delete_by_id(call.workspace, id, now=call.now)


@post("work_queues/<uuid:id>/get_runs", needs=Permission.WRITE_WORKERS)
def poll_queue(call: Call, id: UUID, body: GetRuns) -> list[FlowRun]:
    from_page = str(call.headers.get("X-PREFECT-UI", "")).lower() == "true"
    runs = polling.poll_queue(call.workspace, id, body, from_page=from_page, now=call.now)
    reveal(call.workspace, runs, call.grants)
    return runs
