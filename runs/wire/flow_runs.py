"""Flow runs on the wire."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from controlplane.wire.structs import UNSET, Body, Out, UnsetType
from runs.wire.flows import Labels
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import State, StateCreate


class CreatedBy(Struct, kw_only=True):
    """Who or what made a run."""

    id: UUID | None = None
    type: Literal["DEPLOYMENT", "AUTOMATION", "SCHEDULE", "USER", "SERVICE_ACCOUNT"] | None = None
    display_value: str | None = None


GIVEN = frozenset({"parameters", "job_variables", "infra_overrides", "parameter_openapi_schema", "base_job_template"})
"""Where clients give secrets to runs: a refusal does not repeat them."""


class FlowRunCreate(Body, kw_only=True):
    confidential = GIVEN

    flow_id: UUID
    name: str | None = None
    state: StateCreate | None = None
    flow_version: str | None = None
    parameters: dict[str, Any] = {}
    context: dict[str, Any] = {}
    parent_task_run_id: UUID | None = None
    infrastructure_document_id: UUID | None = None
    empirical_policy: FlowRunPolicy = FlowRunPolicy()
    tags: list[str] = []
    labels: Labels | None = None
    idempotency_key: str | None = None
    work_pool_name: str | None = None
    work_queue_name: str | None = None
    job_variables: dict[str, Any] | None = None
    deployment_id: UUID | None = None


class FlowRunUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is; a null name is replaced by a new random one."""

    confidential = GIVEN

    name: str | None | UnsetType = UNSET
    flow_version: str | None | UnsetType = UNSET
    parameters: dict[str, Any] | UnsetType = UNSET
    empirical_policy: FlowRunPolicy | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    infrastructure_pid: str | None | UnsetType = UNSET
    job_variables: dict[str, Any] | None | UnsetType = UNSET


class FlowRun(Out, kw_only=True):
    """A flow run as it is read. Durations in seconds; jsonb columns may be passed on unread (`msgspec.Raw`)."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    flow_id: UUID
    state_id: UUID | None = None
    deployment_id: UUID | None = None
    deployment_version: str | None = None
    work_queue_id: UUID | None = None
    work_queue_name: str | None = None
    work_pool_id: UUID | None = None
    work_pool_name: str | None = None
    flow_version: str | None = None
    parameters: Any = field(default_factory=dict)
    idempotency_key: str | None = None
    context: Any = field(default_factory=dict)
    empirical_policy: Any = field(default_factory=FlowRunPolicy)
    tags: list[str] = field(default_factory=list)
    labels: Any = field(default_factory=dict)
    parent_task_run_id: UUID | None = None
    state_type: str | None = None
    state_name: str | None = None
    run_count: int = 0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0
    estimated_run_time: float = 0.0
    estimated_start_time_delta: float = 0.0
    auto_scheduled: bool = False
    infrastructure_document_id: UUID | None = None
    infrastructure_pid: str | None = None
    created_by: Any = None
    job_variables: Any = field(default_factory=dict)
    state: State | None = None
