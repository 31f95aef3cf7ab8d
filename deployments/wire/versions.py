"""Versions and branches of deployments on the wire, as in Prefect Cloud."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from controlplane.filters.bodies import PAGE_SIZE, PageNumber
from controlplane.wire.structs import BadField, Body, Named, Out
from deployments.wire.deployments import DeploymentUpdate


class ListVersions(Named, kw_only=True):
    page: PageNumber = 1
    limit: int | None = PAGE_SIZE


class Promotion(Named, kw_only=True):
    reason: str | None = None


class Version(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    deployment_id: UUID
    version_info: Any
    description: str | None
    entrypoint: str | None
    pull_steps: Any
    parameters: Any
    parameter_openapi_schema: Any
    enforce_parameter_schema: bool
    job_variables: Any
    tags: list[str]
    labels: Any
    work_queue_id: UUID | None
    work_queue_name: str | None
    work_pool_name: str | None
    created_by: Any
    last_active: datetime | None


class BranchingOptions(Struct, kw_only=True):
    schedule_handling: Literal["keep", "remove", "inactive"] = "remove"


class BranchCreate(Body, kw_only=True):
    branch: str
    options: BranchingOptions = field(default_factory=BranchingOptions)
    overrides: DeploymentUpdate | None = None

    def __post_init__(self) -> None:
        if not self.branch.strip():
            raise BadField("branch", "Branch name cannot be empty or contain only whitespace")


class Branched(Out, kw_only=True):
    id: UUID
