"""Workers on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from controlplane.wire.structs import Named, Out


class Heartbeat(Named, kw_only=True):
    """A sign of life. 3.8 workers ask for their id (`return_id`) until they get it; 2.20 sends float seconds."""

    name: Annotated[str, Meta(min_length=1, max_length=1024)]
    heartbeat_interval_seconds: Annotated[float, Meta(gt=0, le=2_000_000_000)] | None = None
    return_id: bool | None = None
    metadata: dict[str, Any] | None = None


class Worker(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    work_pool_id: UUID
    last_heartbeat_time: datetime | None
    heartbeat_interval_seconds: int | None
    status: str
