"""REST doors of task workers."""

from controlplane.wire.doors import Call, post
from runs.services import task_workers
from runs.wire.task_workers import TaskWorker, TaskWorkerListing
from workspaces.permissions import Permission


@post("task_workers/filter", needs=Permission.SEE_FLOWS)
def filter_task_workers(call: Call, body: TaskWorkerListing) -> list[TaskWorker]:
    return task_workers.list_workers(call.workspace, body, now=call.now)
