"""Why a run is not running, on the wire. A route of ours: Prefect has none like it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from controlplane.wire.structs import Out

Code = Literal[
    "not-waiting", "cancelling", "starting", "pending-too-long", "not-yet-due", "awaiting-retry", "paused",
    "deployment-paused", "deployment-limit", "own-process", "not-served", "queue-missing", "pool-paused",
    "queue-paused", "worker-refused", "no-worker", "workers-elsewhere", "other-queues", "pool-limit", "queue-limit",
    "higher-priority", "tag-limit", "worker-died", "schedule-inactive", "nothing-wrong",
]  # fmt: skip


class Thing(Out, kw_only=True):
    """What stands in the way, or who holds it."""

    kind: Literal[
        "deployment",
        "schedule",
        "work-pool",
        "work-queue",
        "worker",
        "api-key",
        "concurrency-limit",
        "flow-run",
        "task-run",
    ]
    id: UUID
    name: str


class Why(Out, kw_only=True):
    """The first reason that holds. `position` counts from 1, among the `waiting` runs that want the same."""

    code: Code
    sentence: str
    blocked_by: Thing | None = None
    held_by: Thing | None = None
    since: datetime | None = None
    position: int | None = None
    waiting: int | None = None
