"""Does what people send fit: parameters to a deployment's schema, job variables to a pool's template."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from blocks.services.block_documents import block_document_exists
from controlplane.errors import BadRequest, Conflict, Invalid, Problem
from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch
from deployments import queries
from deployments.rules.job_templates import check_job_variables
from deployments.rules.parameters import InvalidParameters, variable_names
from deployments.rules.value_errors import Error, InvalidSchema
from deployments.services import budgeted

NO_SCHEMA = (
    "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the "
    "deployment does not have a valid parameter schema."
)
LARGEST_PARAMETERS = 524_288


def hydrate_parameters(workspace: UUID, parameters: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The parameters without templates. BadRequest says why one cannot be replaced."""
    try:
        return budgeted.hydrate(parameters, read_variables(workspace, parameters))
    except InvalidParameters as error:
        raise BadRequest(f"Error hydrating {what} parameters: {error}") from error


def read_variables(workspace: UUID, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The workspace variables that the templates in parameters name, as far as there are any."""
    names = sorted(set(variable_names(dict(parameters))))
    if not names:
        return {}
    return {row.name: decoded(row.value) for row in queries.read_variables(workspace=workspace, names=names)}


def find_value_errors(workspace: UUID, values: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Error]:
    """What is wrong with the values of a form, place by place. Invalid if the schema is."""
    try:
        return budgeted.find_errors(values, schema, read_variables(workspace, values))
    except InvalidSchema as problem:
        raise Invalid(f"Invalid schema: {problem}") from problem


def decoded(value: Any) -> Any:
    return json.decode(value) if isinstance(value, Raw) else value


def check_parameters(
    parameters: Mapping[str, Any], schema: Any, *, ignore_required: bool, prefix: str, error: type[Problem] = Conflict
) -> None:
    """Raise `error` (a Conflict, or an Invalid for a new deployment) if the parameters do not fit the schema."""
    if not isinstance(schema, dict):
        raise Conflict(NO_SCHEMA)
    try:
        budgeted.validate(parameters, schema, ignore_required=ignore_required)
    except SchemaMismatch as mismatch:
        raise error(f"{prefix}: {mismatch}") from mismatch
    except CircularSchema as circular:
        raise Invalid(f"Invalid schema: {circular}") from circular


def check_size(parameters: Mapping[str, Any]) -> None:
    size = len(json.encode(parameters))
    if size > LARGEST_PARAMETERS:
        raise Invalid(
            f"Flow run parameters must be less than {LARGEST_PARAMETERS:,} bytes when serialized (got {size:,} bytes)."
        )


def check_variables(
    template: Mapping[str, Any], of_deployment: Mapping[str, Any], of_run: Mapping[str, Any], *, ignore_required: bool,
    prefix: str, error: type[Problem] = Invalid,
) -> None:  # fmt: skip
    try:
        check_job_variables(
            template, of_deployment, of_run, ignore_required=ignore_required, validate=budgeted.validate
        )
    except SchemaMismatch as mismatch:
        raise error(f"{prefix}: {mismatch}") from mismatch
    except CircularSchema as circular:
        raise Invalid(f"Invalid schema: {circular}") from circular


def find_variable_mismatch(workspace: UUID, deployment_id: UUID, job_variables: Mapping[str, Any]) -> str | None:
    """Why a run of this deployment could not have these variables; None if it could, or if there is no template."""
    plan = queries.read_plan(workspace=workspace, deployment=deployment_id)
    if plan is None or plan.base_job_template is None:
        return None
    template, of_deployment = json.decode(plan.base_job_template), json.decode(plan.job_variables)
    try:
        check_job_variables(template, of_deployment, job_variables, ignore_required=False, validate=budgeted.validate)
    except (SchemaMismatch, CircularSchema) as mismatch:
        return str(mismatch)
    return None


def check_blocks(workspace: UUID, blocks: Iterable[tuple[str, Any]]) -> None:
    """Conflict if a storage or infrastructure block is named that is not there."""
    for kind, id in blocks:
        if isinstance(id, UUID) and not block_document_exists(workspace, id):
            raise Conflict(
                f"Error creating deployment. Could not find {kind} block with id: {id}. This usually occurs when "
                "applying a deployment specification that was built against a different Prefect database / workspace."
            )
