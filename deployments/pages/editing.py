"""A deployment's own parameters and job variables, its words, and its schedules with what they override."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.views.decorators.http import require_POST

from controlplane.errors import NotFound, Problem
from controlplane.schema_forms.durations import words_of
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from deployments.forms import DeploymentForm, ScheduleForm
from deployments.pages.custom_run import variables_sheet
from deployments.pages.sheets import bound, is_saving, lead_to, new_block_url, sheet_of
from deployments.queries_pages import DeploymentPage, ScheduleRow
from deployments.services import deployments, page_data, schedules
from deployments.services.page_data import plain
from deployments.services.value_forms import Sheet, judge, overrides_of, value_of
from deployments.wire.deployments import DeploymentUpdate
from deployments.wire.makers import Maker
from deployments.wire.schedules import DeploymentScheduleCreate, DeploymentScheduleUpdate
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

WRITE = Permission.WRITE_DEPLOYMENTS


@workspace_page(needs=WRITE, transaction=False)
def edit_deployment_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace, problem = request.place.workspace_id, ""
    with workspace_transaction(workspace):
        deployment = page_data.read_deployment(workspace, id, now=request.now)
        parameters = parameters_sheet(request, deployment, plain(deployment.parameters) or {})
        variables = variables_sheet(request, deployment)
    initial = {
        "description": deployment.description, "tags": ", ".join(deployment.tags),
        "enforce": deployment.enforce_parameter_schema,
    }  # fmt: skip
    form = bound(request, DeploymentForm, initial)
    context = {
        "deployment": deployment, "form": form, "parameters": parameters, "variables": variables,
        "section": "Deployments", "new_block_url": new_block_url(request), "is_told_off": is_saving(request),
    }  # fmt: skip
    if is_saving(request) and are_right(form, parameters, variables):
        try:
            with workspace_transaction(workspace):
                save(request, deployment, form, parameters, variables)
            messages.success(request, "The deployment was saved. Runs that were planned are planned anew.")
            return lead_to(request, "deployment", id)
        except Problem as refused:
            if refused.status in (403, 404):
                raise
            problem = refused.detail
    status = 422 if is_saving(request) else 200
    with workspace_transaction(workspace):
        return page(
            request, "deployments/edit.html", {**context, "problem": problem}, fragment="deployments/_edit.html",
            status=status,
        )  # fmt: skip


def parameters_sheet(request: PageRequest, deployment: DeploymentPage, base: dict[str, Any]) -> Sheet:
    return sheet_of(request, "p", plain(deployment.parameter_openapi_schema), base, requires=False)


def are_right(form: Any, parameters: Sheet, variables: Sheet | None = None) -> bool:
    fits = form.is_valid()
    fits &= judge(parameters, value_of(parameters), by_schema=bool(form.cleaned_data.get("enforce", True)))
    return fits and (variables is None or judge(variables, value_of(variables)))


def save(
    request: PageRequest, deployment: DeploymentPage, form: DeploymentForm, parameters: Sheet, variables: Sheet | None
) -> None:
    said = form.cleaned_data
    body = DeploymentUpdate(
        description=said["description"] or None, tags=said["tags"], enforce_parameter_schema=said["enforce"],
        parameters=overrides_of(parameters, plain(deployment.parameters) or {}),
    )  # fmt: skip
    if variables is not None:
        body.job_variables = overrides_of(variables, plain(deployment.job_variables) or {})
    maker = Maker(id=request.caller.actor_id, type="USER", display_value=request.caller.name)
    deployments.update_deployment(request.place.workspace_id, deployment.id, body, now=request.now, maker=maker)


@workspace_page(needs=WRITE, transaction=False)
def schedule_page(request: PageRequest, id: UUID, schedule: UUID | None = None) -> HttpResponse:
    """A schedule, new or old: when, and the parameters that it gives its runs."""
    workspace, problem = request.place.workspace_id, ""
    with workspace_transaction(workspace):
        deployment = page_data.read_deployment(workspace, id, now=request.now)
        row = None if schedule is None else find_schedule(request, id, schedule)
        own = {} if row is None else plain(row.parameters) or {}
        base = plain(deployment.parameters) or {}
        parameters = sheet_of(
            request, "p", plain(deployment.parameter_openapi_schema), base, requires=False, start={**base, **own}
        )
        form = bound(request, ScheduleForm, initial_of(row))
    if is_saving(request) and are_right(form, parameters):
        try:
            with workspace_transaction(workspace):
                save_schedule(request, id, schedule, form, overrides_of(parameters, own))
            messages.success(request, "The schedule was saved.")
            return lead_to(request, "deployment", id)
        except Problem as refused:
            if refused.status in (403, 404):
                raise
            problem = refused.detail
    context = {
        "deployment": deployment, "schedule": schedule, "form": form, "parameters": parameters, "problem": problem,
        "section": "Deployments", "new_block_url": new_block_url(request), "is_told_off": is_saving(request),
    }  # fmt: skip
    status = 422 if is_saving(request) else 200
    with workspace_transaction(workspace):
        return page(request, "deployments/schedule.html", context, fragment="deployments/_schedule.html", status=status)


def find_schedule(request: PageRequest, id: UUID, schedule: UUID) -> ScheduleRow:
    rows = page_data.list_schedules(request.place.workspace_id, id, now=request.now)
    found = next((view.row for view in rows if view.row.id == schedule), None)
    if found is None:
        raise NotFound("There is no such schedule. It may have been deleted.")
    return found


def initial_of(row: ScheduleRow | None) -> dict[str, Any]:
    if row is None:
        return {"kind": "cron"}
    value = plain(row.schedule)
    kind = next(kind for kind in ("interval", "cron", "rrule") if kind in value)
    when = words_of(value["interval"]) if kind == "interval" else value[kind]
    zone = value.get("timezone") or "UTC"
    return {"kind": kind, "when": when, "timezone": zone, "slug": row.slug, "active": row.active}


def save_schedule(
    request: PageRequest, id: UUID, schedule: UUID | None, form: ScheduleForm, parameters: dict[str, Any]
) -> None:
    said, workspace = form.cleaned_data, request.place.workspace_id
    if schedule is None:
        body = DeploymentScheduleCreate(
            schedule=said["schedule"], active=said["active"], slug=said["slug"] or None, parameters=parameters
        )
        schedules.create_schedules(workspace, id, [body], now=request.now)
        return
    changes = DeploymentScheduleUpdate(active=said["active"], slug=said["slug"] or None, parameters=parameters)
    if form.has_changed() and {"kind", "when", "timezone"} & set(form.changed_data):
        changes.schedule = said["schedule"]
    schedules.update_schedule(workspace, id, schedule, changes, now=request.now)


@require_POST
@workspace_page(needs=WRITE)
def delete_schedule_page(request: PageRequest, id: UUID, schedule: UUID) -> HttpResponse:
    schedules.delete_schedule(request.place.workspace_id, id, schedule, now=request.now)
    messages.success(request, "The schedule was deleted, with the runs that it had planned.")
    return lead_to(request, "deployment", id)
