"""The page of one deployment, and what a person may do with it."""

import json
import shlex
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from controlplane.errors import Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from deployments.pages.sheets import NEEDS_DEVELOPER, NEEDS_RUNNER
from deployments.queries_pages import DeploymentPage
from deployments.services import deployments, launching, page_data
from deployments.services.page_data import plain
from deployments.services.value_forms import open_sheet
from deployments.wire.deployments import DeploymentFlowRunCreate
from runs.services import page_data as run_data
from runs.services.page_filter import RunFilter
from runs.services.page_words import as_rows
from runs.wire.flow_runs import CreatedBy
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services.callers import Place
from workspaces.services.data_boundary import may_run_with


@workspace_page(needs=Permission.SEE_DEPLOYMENTS)
def deployment_page(request: PageRequest, id: UUID) -> HttpResponse:
    return show(request, id)


def show(request: PageRequest, id: UUID, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The page, with why a run was not started."""
    place, now = request.place, request.now
    deployment = page_data.read_deployment(place.workspace_id, id, now=now)
    rows, more = run_data.list_rows(place.workspace_id, RunFilter(deployment=id), now=now, limit=15)
    needed = required(deployment)
    schema, given = plain(deployment.parameter_openapi_schema), plain(deployment.parameters) or {}
    schedules = page_data.list_schedules(place.workspace_id, id, now=now)
    kept_out = [
        one
        for one in schedules
        if one.row.active and not may_run_with(place.workspace_id, {**given, **dict.fromkeys(one.own)})
    ]
    context = {
        "deployment": deployment, "section": "Deployments", "standing": page_data.standing(deployment, now),
        "schedules": schedules, "kept_out": kept_out, "rows": as_rows(rows), "more": more,
        "sheet": open_sheet(place.workspace_id, "p", schema, given), "needed": needed, "problem": problem,
        "run_refused": "" if Permission.RUN_DEPLOYMENTS in place.grants else NEEDS_RUNNER,
        "pause_refused": "" if Permission.WRITE_DEPLOYMENTS in place.grants else NEEDS_DEVELOPER,
        **snippets(place, deployment, needed),
    }  # fmt: skip
    return page(request, "deployments/deployment.html", context, status=status)


def required(deployment: DeploymentPage) -> list[str]:
    """Parameters that a run must be given: required by the schema, and not set by the deployment."""
    schema, given = plain(deployment.parameter_openapi_schema) or {}, plain(deployment.parameters) or {}
    return [name for name in schema.get("required") or [] if name not in given]


def snippets(place: Place, deployment: DeploymentPage, needed: list[str]) -> dict[str, str]:
    """The same run started from Python, a shell and over HTTP."""
    name = f"{deployment.flow_name}/{deployment.name}"
    given = dict.fromkeys(needed, "…")
    api = f"{settings.PUBLIC_URL}/api/accounts/{place.account_id}/workspaces/{place.workspace_id}"
    words = "".join(f" -p {shlex.quote(f'{key}=…')}" for key in needed)
    more = f", parameters={given!r}" if given else ""
    body = json.dumps({"parameters": given}, ensure_ascii=False)
    return {
        "full_name": name,
        "python_snippet": f"from prefect.deployments import run_deployment\n\nrun_deployment({name!r}{more})",
        "cli_snippet": f"prefect deployment run {shlex.quote(name)}{words}",
        "curl_snippet": (
            f'curl -X POST "{api}/deployments/{deployment.id}/create_flow_run" \\\n'
            '  -H "Authorization: Bearer $PREFECT_API_KEY" \\\n'
            f"  -H 'Content-Type: application/json' -d {shlex.quote(body)}"
        ),
    }


@require_POST
@workspace_page(needs=Permission.RUN_DEPLOYMENTS, transaction=False)
def run_now_page(request: PageRequest, id: UUID) -> HttpResponse:
    """Start a run as the deployment says, and go to it."""
    workspace = request.place.workspace_id
    creator = CreatedBy(id=request.caller.actor_id, type="USER", display_value=request.caller.name)
    try:
        with workspace_transaction(workspace):
            run, _ = launching.run_deployment(
                workspace, id, DeploymentFlowRunCreate(), now=request.now, created_by=creator
            )
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        with workspace_transaction(workspace):
            return show(request, id, problem=problem.detail, status=422)
    return redirect("run", request.place.account_handle, request.place.workspace_handle, run.id)


@require_POST
@workspace_page(needs=Permission.WRITE_DEPLOYMENTS)
def pause_page(request: PageRequest, id: UUID) -> HttpResponse:
    deployments.pause_deployment(request.place.workspace_id, id, now=request.now)
    messages.success(request, "Paused. Runs that its schedules had planned are removed.")
    return back(request, id)


@require_POST
@workspace_page(needs=Permission.WRITE_DEPLOYMENTS)
def resume_page(request: PageRequest, id: UUID) -> HttpResponse:
    deployments.resume_deployment(request.place.workspace_id, id, now=request.now)
    messages.success(request, "Resumed. Its schedules plan runs again within seconds.")
    return back(request, id)


def back(request: PageRequest, id: UUID) -> HttpResponse:
    return redirect("deployment", request.place.account_handle, request.place.workspace_handle, id)
