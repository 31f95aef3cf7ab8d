"""Does what people send fit: parameters to a deployment's schema, job variables to a pool's template."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from blocks.services.block_documents import block_document_exists
from blocks.services.sealed_parts import open_parts
from controlplane.errors import BadRequest, Conflict, Invalid, Problem
from controlplane.schema_forms.secret_places import Part, below, find_secrets, put_back, texts_in
from controlplane.schema_forms.secrets import look
from controlplane.schema_forms.validation import CircularSchema, SchemaMismatch, TooExpensive
from deployments import queries
from deployments.rules.job_templates import check_job_variables, defaults_of, variables_of
from deployments.rules.parameters import InvalidParameters, variable_names
from deployments.rules.value_errors import Error, InvalidSchema
from deployments.services import budgeted
from deployments.services.secrecy import open_raw_template

NO_SCHEMA = (
    "Error updating deployment: Cannot update parameters because parameter schema enforcement is enabled and the "
    "deployment does not have a valid parameter schema."
)
LARGEST_PARAMETERS = 524_288


class Mismatched(Problem):
    """For whoever wants the words only."""


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
    parameters: Mapping[str, Any], schema: Any, *, ignore_required: bool, prefix: str, error: type[Problem] = Conflict,
    secrets: Sequence[Part] = (),
) -> None:  # fmt: skip
    """Raise `error` (a Conflict, or an Invalid for a new deployment) if the parameters do not fit the schema."""
    if not isinstance(schema, dict):
        raise Conflict(NO_SCHEMA)
    try:
        budgeted.validate(parameters, schema, ignore_required=ignore_required)
    except SchemaMismatch as mismatch:
        raise error(f"{prefix}: {discreet(mismatch, parameters, schema, secrets)}") from mismatch
    except CircularSchema as circular:
        raise Invalid(f"Invalid schema: {circular}") from circular


def discreet(mismatch: SchemaMismatch, value: Mapping[str, Any], schema: Any, stored: Sequence[Part]) -> str:
    """Why a value does not fit, without the value of a secret: who starts a run need not know the deployment's."""
    try:
        marked = [look(value, path) for path in find_secrets(value, schema)]
    except TooExpensive as problem:
        return str(problem)
    words = str(mismatch)
    secrets = {
        form
        for text in texts_in([*marked, *(secret for _, secret in stored)])
        for form in (text, repr(text)[1:-1], json.encode(text)[1:-1].decode())
    }
    # A message that was cut may end in the middle of one.
    if secrets and (words.endswith("…") or any(secret in words for secret in secrets)):
        return f"{words.partition('Failure reason:')[0]}Failure reason: a secret value does not fit the schema"
    return words


def check_size(parameters: Mapping[str, Any]) -> None:
    size = len(json.encode(parameters))
    if size > LARGEST_PARAMETERS:
        raise Invalid(
            f"Flow run parameters must be less than {LARGEST_PARAMETERS:,} bytes when serialized (got {size:,} bytes)."
        )


def check_variables(
    template: Mapping[str, Any], of_deployment: Mapping[str, Any], of_run: Mapping[str, Any], *, ignore_required: bool,
    prefix: str, error: type[Problem] = Invalid, secrets: Sequence[Part] = (),
) -> None:  # fmt: skip
    try:
        check_job_variables(
            template, of_deployment, of_run, ignore_required=ignore_required, validate=budgeted.validate
        )
    except SchemaMismatch as mismatch:
        given = {**defaults_of(template), **of_deployment, **of_run}
        raise error(f"{prefix}: {discreet(mismatch, given, variables_of(template), secrets)}") from mismatch
    except CircularSchema as circular:
        raise Invalid(f"Invalid schema: {circular}") from circular


def find_variable_mismatch(workspace: UUID, deployment_id: UUID, job_variables: Mapping[str, Any]) -> str | None:
    """Why a run of this deployment could not have these variables; None if it could, or if there is no template."""
    plan = queries.read_plan(workspace=workspace, deployment=deployment_id)
    if plan is None or plan.base_job_template is None:
        return None
    assert plan.pool_id is not None
    template = open_raw_template(workspace, plan.pool_id, plan.base_job_template, plan.pool_secrets)
    secrets = below(open_parts(workspace, "deployment", plan.id, plan.secrets), "job_variables")
    of_deployment = put_back(json.decode(plan.job_variables), secrets)
    try:
        check_variables(
            template, of_deployment, job_variables, ignore_required=False, prefix="", error=Mismatched, secrets=secrets
        )
    except Mismatched as mismatch:
        return mismatch.detail.removeprefix(": ")
    except Invalid as circular:
        return circular.detail.removeprefix("Invalid schema: ")
    return None


def check_blocks(workspace: UUID, blocks: Iterable[tuple[str, Any]]) -> None:
    """Conflict if a storage or infrastructure block is named that is not there."""
    for kind, id in blocks:
        if isinstance(id, UUID) and not block_document_exists(workspace, id):
            raise Conflict(
                f"Error creating deployment. Could not find {kind} block with id: {id}. This usually occurs when "
                "applying a deployment specification that was built against a different Prefect database / workspace."
            )
