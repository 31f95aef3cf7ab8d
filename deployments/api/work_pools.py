"""REST doors of work pools."""

from controlplane.wire.doors import Call, delete, get, patch, post
from deployments import filters
from deployments.services import polling, secrecy, work_pools
from deployments.wire.work_pools import WorkPool, WorkPoolCreate, WorkPoolUpdate
from deployments.wire.work_queues import GetScheduledFlowRuns, WorkerFlowRun
from runs.services.secrecy import reveal
from workspaces.permissions import Permission


@post("work_pools", needs=Permission.WRITE_WORK_POOLS, status=201)
def create_work_pool(call: Call, body: WorkPoolCreate) -> WorkPool:
    return work_pools.create_work_pool(call.workspace, body, now=call.now)


@post("work_pools/filter", needs=Permission.SEE_WORK_POOLS)
def list_work_pools(call: Call, body: filters.WorkPoolsFilter) -> list[WorkPool]:
    return work_pools.list_work_pools(call.workspace, body, call.client_version)


@post("work_pools/count", needs=Permission.SEE_WORK_POOLS)
def count_work_pools(call: Call, body: filters.WorkPoolsCount) -> int:
    return work_pools.count_work_pools(call.workspace, body)


@get("work_pools/<str:name>", needs=Permission.SEE_WORK_POOLS)
def read_work_pool(call: Call, name: str) -> WorkPool:
    pool = work_pools.read_work_pool(call.workspace, name, call.client_version)
    secrecy.reveal_pool(call.workspace, pool, call.grants)
    return pool


@patch("work_pools/<str:name>", needs=Permission.WRITE_WORK_POOLS)
def update_work_pool(call: Call, name: str, body: WorkPoolUpdate) -> None:
    work_pools.update_work_pool(call.workspace, name, body, now=call.now)


@delete("work_pools/<str:name>", needs=Permission.MANAGE_WORK_POOLS)
def delete_work_pool(call: Call, name: str) -> None:
    work_pools.delete_work_pool(call.workspace, name, now=call.now)


@post("work_pools/<str:name>/get_scheduled_flow_runs", needs=Permission.WRITE_WORKERS)
def poll_work_pool(call: Call, name: str, body: GetScheduledFlowRuns) -> list[WorkerFlowRun]:
    found = polling.poll_work_pool(call.workspace, name, body, now=call.now)
    reveal(call.workspace, [each.flow_run for each in found], call.grants)
    return found
