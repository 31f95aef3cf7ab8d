"""Task workers on the wire."""

from datetime import datetime

from controlplane.wire.structs import Named, Out


class TaskWorkerFilter(Named):
    task_keys: list[str]


class TaskWorkerListing(Named):
    """The body of `POST /task_workers/filter`, which may be left out."""

    task_worker_filter: TaskWorkerFilter | None = None


class TaskWorker(Out):
    """A process that is subscribed to runs of these tasks."""

    identifier: str
    task_keys: list[str]
    timestamp: datetime
