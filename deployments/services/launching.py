"""Runs of a deployment: made by hand, by a client or by an automation."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from blocks.services.sealed_parts import hide, open_parts
from controlplane.errors import BadRequest, Conflict, NotFound, Problem
from controlplane.schema_forms.secret_places import Part, below, keep, put_back
from deployments import queries
from deployments.queries import Plan
from deployments.rules.job_templates import variables_of
from deployments.services import checks, secrecy
from deployments.services.work_pools import find_work_pool
from deployments.services.work_queues import ensure_queue
from deployments.wire.deployments import BulkItem, BulkResult, DeploymentFlowRunCreate
from runs.services.announcing import Origin
from runs.services.flow_runs import NewFlowRun, create_flow_run
from runs.services.secrecy import schema_in
from runs.wire.flow_runs import CreatedBy, FlowRun
from runs.wire.states import StateCreate, StateDetails

MOST_AT_ONCE = 100


def run_deployment(
    workspace: UUID,
    deployment_id: UUID,
    body: DeploymentFlowRunCreate,
    *,
    now: datetime,
    created_by: CreatedBy | None = None,
) -> tuple[FlowRun, bool]:
    """The run, and whether it is new (an idempotency key that is taken gives the first one)."""
    plan = queries.read_plan(workspace=workspace, deployment=deployment_id)
    if plan is None:
        raise NotFound("Deployment not found")
    if plan.disabled:
        raise Conflict("This deployment is disabled: enable it to run it.")
    stored = open_parts(workspace, "deployment", plan.id, plan.secrets)
    parameters = run_parameters(workspace, plan, body, stored)
    variables = run_variables(workspace, plan, body, stored)
    fields, parts = hide({"parameters": parameters, "job_variables": variables}, marks_of(plan), stored)
    queue_id, queue_name = run_queue(workspace, plan, body.work_queue_name, now=now)
    new = NewFlowRun(
        flow_id=plan.flow_id, name=body.name, state=body.state or scheduled(now), parameters=fields["parameters"],
        context=body.context, empirical_policy=body.empirical_policy, tags=[*plan.tags, *body.tags],
        labels=run_labels(plan, body), inherit_labels=False, idempotency_key=body.idempotency_key,
        deployment_id=plan.id,
        deployment_version=plan.version, work_queue_id=queue_id, work_queue_name=kept_name(plan, body),
        infrastructure_document_id=body.infrastructure_document_id or plan.infrastructure_document_id,
        parent_task_run_id=body.parent_task_run_id, job_variables=fields["job_variables"], created_by=created_by,
        parts=parts,
        origin=Origin(
            deployment_id=plan.id, deployment_name=plan.name, work_queue_id=queue_id, work_queue_name=queue_name,
            work_pool_id=plan.pool_id, work_pool_name=plan.pool_name, work_pool_type=plan.pool_type,
        ),
    )  # fmt: skip
    return create_flow_run(workspace, new, now=now)


def scheduled(now: datetime) -> StateCreate:
    return StateCreate(type="SCHEDULED", state_details=StateDetails(scheduled_time=now))


def run_parameters(
    workspace: UUID, plan: Plan, body: DeploymentFlowRunCreate, stored: Sequence[Part]
) -> dict[str, Any]:
    """The deployment's parameters under the run's, without templates, checked if the schema is enforced.

    In the clear: `stored` are the deployment's secrets. A mask where one stands asks for it.
    """
    secrets = below(stored, "parameters")
    given = keep(body.parameters or {}, secrets)
    defaults = json.decode(plan.parameters)
    merged = {**(put_back(defaults, secrets) if secrets else defaults), **given}
    parameters = checks.hydrate_parameters(workspace, merged, "flow run")
    enforce = plan.enforce_parameter_schema if body.enforce_parameter_schema is None else body.enforce_parameter_schema
    if enforce:
        schema = {} if plan.parameter_openapi_schema is None else json.decode(plan.parameter_openapi_schema)
        checks.check_parameters(
            parameters, schema, ignore_required=False, prefix="Error creating flow run", secrets=secrets
        )
    return parameters


def run_variables(
    workspace: UUID, plan: Plan, body: DeploymentFlowRunCreate, stored: Sequence[Part]
) -> dict[str, Any] | None:
    """The run's own job variables, checked with the deployment's and with the defaults of the pool. In the clear."""
    secrets = below(stored, "job_variables")
    given = keep(body.job_variables, secrets)
    if plan.base_job_template is None or plan.pool_id is None:
        return given
    template = secrecy.open_raw_template(workspace, plan.pool_id, plan.base_job_template, plan.pool_secrets)
    of_deployment = json.decode(plan.job_variables)
    if secrets:
        of_deployment = put_back(of_deployment, secrets)
    checks.check_variables(
        template, of_deployment, given or {}, ignore_required=False, prefix="Error creating flow run", secrets=secrets
    )
    return given


def read_marks(workspace: UUID, deployment_id: UUID) -> dict[str, Any]:
    """The schemas that say what is secret in parameters and job variables of the deployment's runs."""
    plan = queries.read_plan(workspace=workspace, deployment=deployment_id)
    return {} if plan is None else marks_of(plan)


def marks_of(plan: Plan) -> dict[str, Any]:
    return {"parameters": schema_in(plan.parameter_openapi_schema), "job_variables": variables_schema(plan)}


def variables_schema(plan: Plan) -> Any:
    template = schema_in(plan.base_job_template)
    return None if template is None else variables_of(template)


def run_queue(workspace: UUID, plan: Plan, name: str | None, *, now: datetime) -> tuple[UUID | None, str | None]:
    if name is None:
        return plan.work_queue_id, plan.queue_name
    if plan.pool_name is None:
        raise BadRequest(
            f"Cannot create flow run in work queue {name} because deployment {plan.id} is not associated with a work "
            "pool. Please remove work_pool_name and try again."
        )
    queue = ensure_queue(workspace, find_work_pool(workspace, plan.pool_name), name, now=now)
    return queue.id, queue.name


def kept_name(plan: Plan, body: DeploymentFlowRunCreate) -> str | None:
    """The queue's name is kept on the run itself where agents of 2.x look for it: in their own pool."""
    return body.work_queue_name or (plan.work_queue_name if plan.pool_type == "prefect-agent" else None)


def run_labels(plan: Plan, body: DeploymentFlowRunCreate) -> dict[str, Any]:
    system = {"prefect.flow.id": str(plan.flow_id), "prefect.deployment.id": str(plan.id)}
    return {**decode_labels(plan.labels), **system, **(body.labels or {})}


def decode_labels(labels: Raw) -> dict[str, Any]:
    return json.decode(labels) or {}


def run_deployment_often(
    workspace: UUID, deployment_id: UUID, bodies: Sequence[DeploymentFlowRunCreate], *, now: datetime
) -> BulkResult:
    """One run for each body, in order; one that is refused does not hold up the others."""
    if len(bodies) > MOST_AT_ONCE:
        raise BadRequest(f"Cannot create more than {MOST_AT_ONCE} flow runs at once.")
    if queries.read_plan(workspace=workspace, deployment=deployment_id) is None:
        raise NotFound("Deployment not found")
    return BulkResult(results=[attempt(workspace, deployment_id, body, now) for body in bodies])


def attempt(workspace: UUID, deployment_id: UUID, body: DeploymentFlowRunCreate, now: datetime) -> BulkItem:
    try:
        run, _ = run_deployment(workspace, deployment_id, body, now=now)
    except Problem as problem:
        return BulkItem(status="FAILED", error=bulk_words(problem.detail))
    return BulkItem(flow_run_id=run.id, status="CREATED")


def bulk_words(detail: str) -> str:
    """The bulk route says the same in other words."""
    if detail == checks.NO_SCHEMA:
        return "Parameter schema enforcement is enabled but deployment has no valid schema."
    if detail.startswith("Invalid schema:"):
        return "Invalid schema: circular references detected."
    return detail.replace("Error creating flow run:", "Parameter validation failed:", 1)
