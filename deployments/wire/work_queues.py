"""Work queues on the wire, and what a poll of them answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, field

from controlplane.wire.structs import UNSET, Body, Named, Out, UnsetType
from deployments.wire.work_pools import Limit, Name, check_name

Priority = Annotated[int, Meta(gt=0, le=2_000_000_000)]


class QueueFilter(Struct, kw_only=True):
    """Which runs a queue takes by their tags (all of them) and deployments, instead of by its name."""

    tags: list[str] | None = None
    deployment_ids: list[UUID] | None = None


class WorkQueueCreate(Body, kw_only=True):
    name: Name
    description: str | None = ""
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    priority: Priority | None = None
    filter: QueueFilter | None = None

    def __post_init__(self) -> None:
        check_name(self.name)


class WorkQueueUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is."""

    name: Name | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    is_paused: bool | None | UnsetType = UNSET
    concurrency_limit: Limit | None | UnsetType = UNSET
    priority: Priority | None | UnsetType = UNSET
    last_polled: datetime | None | UnsetType = UNSET
    filter: QueueFilter | None | UnsetType = UNSET


class WorkQueue(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str | None
    is_paused: bool
    concurrency_limit: int | None
    priority: int
    work_pool_id: UUID
    filter: Any
    last_polled: datetime | None
    work_pool_name: str
    status: str
    active_slots: int | None


class FilteringQueue(Out, kw_only=True):
    """A queue that takes runs by its filter, as `work_queue_check` has it."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str | None
    is_paused: bool
    concurrency_limit: int | None
    priority: int
    work_pool_id: UUID
    filter: Any
    last_polled: datetime | None


class HealthCheckPolicy(Out, kw_only=True):
    maximum_late_runs: int = 0
    maximum_seconds_since_last_polled: int = 60


class WorkQueueHealth(Out, kw_only=True):
    healthy: bool
    late_runs_count: int
    last_polled: datetime | None
    health_check_policy: HealthCheckPolicy = field(default_factory=HealthCheckPolicy)


class GetScheduledFlowRuns(Named, kw_only=True):
    """A worker's poll. No names, or an empty list of them: all queues."""

    work_queue_names: list[str] | None = None
    scheduled_before: datetime | None = None
    scheduled_after: datetime | None = None
    limit: int | None = None


class GetRuns(Named, kw_only=True):
    """A 2.x agent's poll of one queue."""

    scheduled_before: datetime | None = None
    limit: int | None = None
    agent_id: UUID | None = None


class PolledFlowRun(Out, kw_only=True):
    """A flow run as a poll shows it: without its state, and with a queue's name only if the run keeps it itself."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    flow_id: UUID
    state_id: UUID | None
    deployment_id: UUID | None
    deployment_version: str | None
    work_queue_id: UUID | None
    work_queue_name: str | None
    flow_version: str | None
    parameters: Any
    idempotency_key: str | None
    context: Any
    empirical_policy: Any
    tags: list[str]
    labels: Any
    parent_task_run_id: UUID | None
    state_type: str | None
    state_name: str | None
    run_count: int
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    estimated_run_time: float
    estimated_start_time_delta: float
    auto_scheduled: bool
    infrastructure_document_id: UUID | None
    infrastructure_pid: str | None
    created_by: Any
    job_variables: Any
    state: None = None


class WorkerFlowRun(Out, kw_only=True):
    work_pool_id: UUID
    work_queue_id: UUID
    flow_run: PolledFlowRun
