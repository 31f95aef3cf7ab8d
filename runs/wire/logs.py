"""Log lines on the wire."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from controlplane.wire.structs import Out


class LogCreate(Struct, kw_only=True):
    """A line as clients send it. Lines of a worker have only a `worker_id`. Unknown keys are ignored."""

    name: str
    level: int
    message: str
    timestamp: datetime
    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    worker_id: UUID | None = None


class Log(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    level: int
    message: str
    timestamp: datetime
    flow_run_id: UUID | None
    task_run_id: UUID | None
    worker_id: UUID | None = None
