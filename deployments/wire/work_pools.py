"""Work pools on the wire."""

import json
import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, field

from controlplane.wire.structs import UNSET, Body, Out, UnsetType
from runs.wire.flow_runs import GIVEN

Name = Annotated[str, Meta(pattern=r"^[^/%&><]*$", max_length=1024)]
Limit = Annotated[int, Meta(ge=0, le=2_147_483_647)]
PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")
# Filled in by the worker, from elsewhere than the variables.
ELSEWHERE = ("prefect.blocks.", "prefect.variables.", "$")


class StorageConfiguration(Body, kw_only=True):
    """Where bundles and results of the pool's runs go."""

    bundle_upload_step: dict[str, Any] | None = None
    bundle_execution_step: dict[str, Any] | None = None
    default_result_storage_block_id: UUID | None = None


class WorkPoolCreate(Body, kw_only=True):
    confidential = GIVEN

    name: Name
    type: str = "prefect-agent"
    description: str | None = None
    base_job_template: dict[str, Any] = {}
    is_paused: bool = False
    concurrency_limit: Limit | None = None
    storage_configuration: StorageConfiguration = field(default_factory=StorageConfiguration)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_template(self.base_job_template)


class WorkPoolUpdate(Body, kw_only=True):
    """A PATCH: a field left out stays as it is."""

    confidential = GIVEN

    description: str | None | UnsetType = UNSET
    is_paused: bool | None | UnsetType = UNSET
    base_job_template: dict[str, Any] | None | UnsetType = UNSET
    concurrency_limit: Limit | None | UnsetType = UNSET
    storage_configuration: StorageConfiguration | None | UnsetType = UNSET

    def __post_init__(self) -> None:
        if isinstance(self.base_job_template, dict):
            check_template(self.base_job_template)


class WorkPool(Out, kw_only=True):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    description: str | None
    type: str
    base_job_template: Any
    is_paused: bool
    concurrency_limit: int | None
    status: str | None
    default_queue_id: UUID | None
    storage_configuration: Any
    active_slots: int | None


def check_name(name: str) -> None:
    if not name.strip("'\" "):
        raise ValueError("name cannot be an empty string")


def check_template(template: dict[str, Any]) -> None:
    """A template is empty, or has a job configuration that names only variables which are declared."""
    if not template:
        return
    if "job_configuration" not in template or "variables" not in template:
        raise ValueError("The `base_job_template` must contain both a `job_configuration` key and a `variables` key.")
    variables = template["variables"]
    properties = variables.get("properties") if isinstance(variables, dict) else None
    declared = properties if isinstance(properties, dict) else {}
    used = set(PLACEHOLDER.findall(json.dumps(template["job_configuration"])))
    missing = sorted(name for name in used if name not in declared and not name.startswith(ELSEWHERE))
    if missing:
        raise ValueError(
            "The variables specified in the job configuration template must be present as properties in the variables "
            f"schema. Your job configuration uses the following undeclared variable(s): {', '.join(missing)}."
        )
