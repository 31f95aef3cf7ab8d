"""REST doors of workers."""

from controlplane.wire.doors import Call, Reply, delete, post
from deployments import filters
from deployments.services import workers
from deployments.wire.workers import Heartbeat, Worker
from workspaces.permissions import Permission


@post("work_pools/<str:pool>/workers/heartbeat", needs=Permission.WRITE_WORKERS)
def record_heartbeat(call: Call, pool: str, body: Heartbeat) -> Reply[bytes | None]:
    """The id goes out as bare text: in JSON's quotes it ends the worker's process without a word."""
    id = workers.record_heartbeat(call.workspace, pool, body, client_version=call.client_version, now=call.now)
    if body.return_id:
        return Reply(str(id).encode(), 200, content_type="text/plain")
    return Reply(None, 204)


@post("work_pools/<str:pool>/workers/filter", needs=Permission.SEE_WORKERS)
def list_workers(call: Call, pool: str, body: filters.WorkersFilter) -> list[Worker]:
    return workers.list_workers(call.workspace, pool, body, now=call.now)


@delete("work_pools/<str:pool>/workers/<str:name>", needs=Permission.MANAGE_WORKERS)
def delete_worker(call: Call, pool: str, name: str) -> None:
    workers.delete_worker(call.workspace, pool, name)
