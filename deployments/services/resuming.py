"""What a paused run is resumed with: the templates and the schema check are those of a deployment's parameters."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from controlplane.errors import BadRequest
from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch
from controlplane.wire.doors import Reply
from deployments.services import budgeted
from deployments.services.checks import hydrate_parameters
from runs.services import resuming
from runs.services.resuming import UnfitInput
from runs.wire.states import OrchestrationResult


def resume_flow_run(
    workspace: UUID, flow_run_id: UUID, run_input: dict[str, Any] | None, *, now: datetime, client_version: str | None
) -> Reply[OrchestrationResult]:
    return resuming.resume_flow_run(
        workspace, flow_run_id, run_input, now=now, client_version=client_version,
        hydrate=partial(hydrate_input, workspace), check=check_input,
    )  # fmt: skip


def hydrate_input(workspace: UUID, run_input: dict[str, Any]) -> dict[str, Any]:
    try:
        return hydrate_parameters(workspace, run_input, "flow run")
    except BadRequest as error:
        reason = error.detail.removeprefix("Error hydrating flow run parameters: ")
        raise UnfitInput(f"Error hydrating run input: {reason}") from error


def check_input(run_input: dict[str, Any], schema: Any) -> None:
    if not isinstance(schema, dict):
        raise UnfitInput(resuming.NOT_JSON)
    try:
        budgeted.validate(run_input, schema)
    except SchemaMismatch as mismatch:
        raise UnfitInput(f"Reason: {mismatch}") from mismatch
    except CircularSchema as circular:
        raise UnfitInput(f"Invalid schema: {circular}") from circular
