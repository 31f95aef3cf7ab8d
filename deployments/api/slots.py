"""REST doors to how slots are taken."""

from uuid import UUID

from controlplane.wire.doors import Call, post
from deployments.services import slots
from deployments.wire.slots import PoolStatus, QueueStatus, ReadPoolSlots, ReadQueueSlots
from workspaces.permissions import Permission


@post("work_pools/<str:name>/concurrency_status", needs=Permission.SEE_WORK_POOLS)
def read_pool_status(call: Call, name: str, body: ReadPoolSlots) -> PoolStatus:
    return slots.read_pool_status(call.workspace, name, body, now=call.now)


@post("work_queues/<uuid:id>/concurrency_status", needs=Permission.SEE_WORK_QUEUES)
def read_queue_status(call: Call, id: UUID, body: ReadQueueSlots) -> QueueStatus:
    return slots.read_queue_status(call.workspace, id, body, now=call.now)
