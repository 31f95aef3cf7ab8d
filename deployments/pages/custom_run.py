"""A run of a deployment with other parameters, tags, job variables, or later: the form out of their schemas."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from msgspec import Struct

from controlplane.errors import NotFound, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from deployments.forms import CustomRunForm
from deployments.pages.sheets import bound, is_saving, lead_to, new_block_url, sheet_of
from deployments.queries_pages import DeploymentPage
from deployments.rules.job_templates import defaults_of, variables_of
from deployments.services import launching, page_data
from deployments.services.page_data import plain
from deployments.services.value_forms import Sheet, additions_of, changes_of, judge, value_of
from deployments.wire.deployments import DeploymentFlowRunCreate
from runs.services import page_data as run_data
from runs.wire.flow_runs import CreatedBy
from runs.wire.states import StateCreate, StateDetails
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


class Asked(Struct):
    """A run that is being put together."""

    deployment: DeploymentPage
    form: CustomRunForm
    parameters: Sheet
    variables: Sheet | None
    problem: str = ""


@workspace_page(needs=Permission.RUN_DEPLOYMENTS, transaction=False)
def custom_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    """`?run=` starts from the parameters that an earlier run had."""
    workspace = request.place.workspace_id
    with workspace_transaction(workspace):
        asked = ask(request, id)
        if not is_saving(request):
            return show(request, asked)
        if not is_right(asked):
            return show(request, asked, status=422)
    creator = CreatedBy(id=request.caller.actor_id, type="USER", display_value=request.caller.name)
    try:
        with workspace_transaction(workspace):
            body = body_of(asked, request.now)
            run, _ = launching.run_deployment(workspace, id, body, now=request.now, created_by=creator)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        asked.problem = problem.detail
        with workspace_transaction(workspace):
            return show(request, asked, status=422)
    return lead_to(request, "run", run.id)


def ask(request: PageRequest, id: UUID) -> Asked:
    workspace = request.place.workspace_id
    deployment = page_data.read_deployment(workspace, id, now=request.now)
    queues = page_data.list_queue_names(workspace, deployment.work_pool_name)
    initial = {"check": deployment.enforce_parameter_schema}
    form = bound(request, CustomRunForm, initial, queues=queues)
    base = plain(deployment.parameters) or {}
    schema = plain(deployment.parameter_openapi_schema)
    parameters = sheet_of(request, "p", schema, base, start=earlier(request, deployment, base))
    return Asked(deployment, form, parameters, variables_sheet(request, deployment))


def earlier(request: PageRequest, deployment: DeploymentPage, base: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the run that is done again."""
    try:
        run = run_data.read_run(request.place.workspace_id, UUID(request.GET.get("run", "")), now=request.now)
    except (ValueError, NotFound):
        return base
    return plain(run.parameters) or {} if run.deployment_id == deployment.id else base


def variables_sheet(request: PageRequest, deployment: DeploymentPage) -> Sheet | None:
    template = plain(deployment.base_job_template) or {}
    variables = variables_of(template)
    if not variables.get("properties"):
        return None
    base = {**defaults_of(template), **(plain(deployment.job_variables) or {})}
    return sheet_of(request, "v", variables, base, requires=False)


def is_right(asked: Asked) -> bool:
    fits = asked.form.is_valid()
    by_schema = bool(asked.form.cleaned_data.get("check")) and bool(plain(asked.deployment.parameter_openapi_schema))
    given = {**asked.parameters.base, **value_of(asked.parameters)}
    fits &= judge(asked.parameters, given, by_schema=by_schema)
    return fits and (asked.variables is None or judge(asked.variables, value_of(asked.variables)))


def body_of(asked: Asked, now: datetime) -> DeploymentFlowRunCreate:
    said = asked.form.cleaned_data
    due = said["start"]
    state = StateCreate(type="SCHEDULED", state_details=StateDetails(scheduled_time=due or now))
    changed = {} if asked.variables is None else changes_of(asked.variables)
    return DeploymentFlowRunCreate(
        name=said["name"] or None, parameters=additions_of(asked.parameters), tags=said["tags"], state=state,
        enforce_parameter_schema=said["check"], work_queue_name=said["queue"] or None, job_variables=changed or None,
    )  # fmt: skip


def show(request: PageRequest, asked: Asked, *, status: int = 200) -> HttpResponse:
    context = {
        "asked": asked, "deployment": asked.deployment, "section": "Deployments",
        "new_block_url": new_block_url(request), "problem": asked.problem,
        "is_told_off": is_saving(request),
    }  # fmt: skip
    return page(request, "deployments/custom_run.html", context, fragment="deployments/_custom_run.html", status=status)
