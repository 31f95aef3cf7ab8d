"""Deployments on the wire.

Bodies take what 2.20 clients and Prefect Cloud add (`infra_overrides`, `schedule`, `branch`, …), which Prefect's own
server refuses.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

from controlplane.wire.structs import UNSET, Body, Named, Out, UnsetType
from deployments.wire.schedules import DeploymentScheduleCreate, DeploymentScheduleUpdate, read_schedule
from runs.wire.flow_runs import GIVEN
from runs.wire.flows import Labels, Name
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import StateCreate

Slots = Annotated[int, Meta(gt=0, le=2_147_483_647)]
BOTH_LIMITS = "A deployment cannot have both a concurrency limit and a global concurrency limit."


class ConcurrencyOptions(Struct, kw_only=True):
    """What happens to a run that finds no slot, and how long (seconds) one may take to start."""

    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"]
    grace_period_seconds: Annotated[int, Meta(ge=60, le=86_400)] | None = None


class DeploymentCreate(Body, kw_only=True):
    """Cloud does not enforce the parameter schema unless told to."""

    confidential = GIVEN

    name: Name
    flow_id: UUID
    version: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    paused: bool | None = False
    schedules: list[DeploymentScheduleCreate] | None = None
    parameters: dict[str, Any] | None = None
    parameter_openapi_schema: dict[str, Any] | None | UnsetType = UNSET
    enforce_parameter_schema: bool | None | UnsetType = UNSET
    tags: list[str] | None = None
    labels: Labels | None = None
    pull_steps: list[dict[str, Any]] | None | UnsetType = UNSET
    work_pool_name: str | None | UnsetType = UNSET
    work_queue_name: str | None | UnsetType = UNSET
    path: str | None | UnsetType = UNSET
    entrypoint: str | None | UnsetType = UNSET
    job_variables: dict[str, Any] | None | UnsetType = UNSET
    storage_document_id: UUID | None | UnsetType = UNSET
    infrastructure_document_id: UUID | None | UnsetType = UNSET
    concurrency_limit: Slots | None | UnsetType = UNSET
    concurrency_options: ConcurrencyOptions | None | UnsetType = UNSET
    global_concurrency_limit_id: UUID | None | UnsetType = UNSET
    version_info: dict[str, Any] | None | UnsetType = UNSET
    # 2.20
    infra_overrides: dict[str, Any] | None = None
    manifest_path: str | None = None
    schedule: dict[str, Any] | None = None
    is_schedule_active: bool | None = None
    # Cloud
    branch: str | None = None
    base: UUID | None = None
    root: UUID | None = None
    disabled: bool | None = None
    # 2.x leftovers that Prefect drops in silence
    worker_pool_queue_id: Any = None
    worker_pool_name: Any = None
    worker_pool_queue_name: Any = None
    work_pool_queue_name: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.concurrency_limit, int) and isinstance(self.global_concurrency_limit_id, UUID):
            raise ValueError(BOTH_LIMITS)
        if self.schedule is not None:
            read_schedule(self.schedule)


class DeploymentUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is."""

    confidential = GIVEN

    version: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    paused: bool | None | UnsetType = UNSET
    schedules: list[DeploymentScheduleUpdate] | None | UnsetType = UNSET
    parameters: dict[str, Any] | None | UnsetType = UNSET
    parameter_openapi_schema: dict[str, Any] | None | UnsetType = UNSET
    enforce_parameter_schema: bool | None | UnsetType = UNSET
    tags: list[str] | None | UnsetType = UNSET
    labels: Labels | None | UnsetType = UNSET
    pull_steps: list[dict[str, Any]] | None | UnsetType = UNSET
    work_pool_name: str | None | UnsetType = UNSET
    work_queue_name: str | None | UnsetType = UNSET
    path: str | None | UnsetType = UNSET
    entrypoint: str | None | UnsetType = UNSET
    job_variables: dict[str, Any] | None | UnsetType = UNSET
    storage_document_id: UUID | None | UnsetType = UNSET
    infrastructure_document_id: UUID | None | UnsetType = UNSET
    concurrency_limit: Slots | None | UnsetType = UNSET
    concurrency_options: ConcurrencyOptions | None | UnsetType = UNSET
    global_concurrency_limit_id: UUID | None | UnsetType = UNSET
    version_info: dict[str, Any] | None | UnsetType = UNSET
    infra_overrides: dict[str, Any] | None | UnsetType = UNSET
    manifest_path: str | None = None
    schedule: dict[str, Any] | None | UnsetType = UNSET
    is_schedule_active: bool | None | UnsetType = UNSET
    branch: str | None = None
    base: UUID | None = None
    root: UUID | None = None
    disabled: bool | None = None
    worker_pool_queue_id: Any = None
    worker_pool_name: Any = None
    worker_pool_queue_name: Any = None
    work_pool_queue_name: Any = None

    def __post_init__(self) -> None:
        if isinstance(self.concurrency_limit, int) and isinstance(self.global_concurrency_limit_id, UUID):
            raise ValueError(BOTH_LIMITS)
        if isinstance(self.schedule, dict):
            read_schedule(self.schedule)


class GlobalConcurrencyLimit(Struct, kw_only=True):
    """The limit that a deployment's runs share."""

    id: UUID
    created: datetime
    updated: datetime
    active: bool
    name: str
    limit: int
    active_slots: int
    slot_decay_per_second: float


class Deployment(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    version: str | None
    description: str | None
    flow_id: UUID
    paused: bool
    schedules: Any
    concurrency_limit: None = None
    global_concurrency_limit: GlobalConcurrencyLimit | None
    concurrency_options: Any
    job_variables: Any
    parameters: Any
    tags: list[str]
    labels: Any
    work_queue_name: str | None
    work_queue_id: UUID | None
    last_polled: datetime | None
    parameter_openapi_schema: Any
    path: str | None
    pull_steps: Any
    entrypoint: str | None
    storage_document_id: UUID | None
    infrastructure_document_id: UUID | None
    created_by: Any
    updated_by: Any
    work_pool_name: str | None
    status: str
    enforce_parameter_schema: bool


class CloudDeployment(Deployment, kw_only=True):
    """With what Prefect Cloud adds: versions and branches, and whether it may run at all."""

    version_info: Any
    version_id: UUID | None
    branch: str | None
    base: UUID | None
    root: UUID | None
    disabled: bool


class OlderDeployment(Deployment, kw_only=True):
    """With the names that 2.x clients know. They take `infra_overrides` and `job_variables` only if they are equal."""

    infra_overrides: Any
    schedule: Any
    is_schedule_active: bool
    manifest_path: None = None


class DeploymentFlowRunCreate(Body, kw_only=True):
    """A run of a deployment; all is optional."""

    confidential = GIVEN

    state: StateCreate | None = None
    name: str | None = None
    parameters: dict[str, Any] | None = None
    enforce_parameter_schema: bool | None = None
    context: dict[str, Any] = {}
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = FlowRunPolicy()
    tags: list[str] = []
    idempotency_key: str | None = None
    labels: Labels | None = None
    parent_task_run_id: UUID | None = None
    work_queue_name: str | None = None
    job_variables: dict[str, Any] | None = None


class GetScheduledRuns(Named, kw_only=True):
    """The poll of `flow.serve`."""

    deployment_ids: list[UUID]
    scheduled_before: datetime | None = None
    limit: int | None = None


class BulkItem(Out, kw_only=True):
    flow_run_id: UUID | None = None
    status: str
    error: str | None = None


class BulkResult(Out, kw_only=True):
    results: list[BulkItem] = field(default_factory=list)
