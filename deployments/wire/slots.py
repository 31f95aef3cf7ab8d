"""How the slots of work pools and queues are taken, on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from controlplane.filters.bodies import PAGE_SIZE, PageNumber
from controlplane.wire.structs import Named, Out


class ReadQueueSlots(Named, kw_only=True):
    page: PageNumber = 1
    limit: int | None = PAGE_SIZE


class ReadPoolSlots(ReadQueueSlots, kw_only=True):
    """`flow_run_limit`: how many runs are shown of each queue."""

    flow_run_limit: Annotated[int, Meta(ge=0, le=PAGE_SIZE)] = 10


class SlotHolder(Out, kw_only=True):
    """A flow run that takes a slot. `time_in_current_state`: seconds."""

    id: UUID
    name: str
    state_type: str | None
    state_name: str | None
    start_time: datetime | None
    state_timestamp: datetime | None
    time_in_current_state: float | None


class QueueSlots(Out, kw_only=True):
    """A queue's slots within its pool's."""

    queue_id: UUID
    queue_name: str
    active_slots: int
    concurrency_limit: int | None
    flow_runs: Any
    flow_run_count: int


class PoolStatus(Out, kw_only=True):
    active_slots: int
    concurrency_limit: int | None
    queues: list[QueueSlots]
    count: int
    limit: int
    pages: int
    page: int


class QueueStatus(Out, kw_only=True):
    active_slots: int
    concurrency_limit: int | None
    flow_runs: list[SlotHolder]
    count: int
    limit: int
    pages: int
    page: int
