"""What a person may do with a run. Every door asks for its own permission."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from controlplane.errors import BadRequest
from controlplane.ui.page import page
from runs.services import deeds, flow_runs, page_data
from runs.wire.states import OrchestrationResult
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@require_POST
@workspace_page(needs=Permission.RUN_FLOWS)
def cancel_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    result = page_data.cancel_run(request.place.workspace_id, id, person=request.caller.name, now=request.now)
    done = (
        "Cancelled."
        if result.state is not None and result.state.type == "CANCELLED"
        else "Cancelling: the worker stops the process."
    )
    return answer(request, id, result, "cancelled", done)


@require_POST
@workspace_page(needs=Permission.RUN_FLOWS)
def retry_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    try:
        result = page_data.retry_run(request.place.workspace_id, id, person=request.caller.name, now=request.now)
    except BadRequest as problem:
        messages.error(request, problem.detail)
        return back(request, id)
    return answer(request, id, result, "retried", "Retrying: a worker picks the run up again.")


@workspace_page(needs=Permission.MANAGE_FLOWS)
def delete_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    """A GET asks, a POST deletes."""
    if request.method != "POST":
        run = page_data.read_run(request.place.workspace_id, id, now=request.now)
        return page(request, "runs/delete.html", {"run": run, "section": "Runs"})
    flow_runs.delete_flow_run(request.place.workspace_id, id)
    messages.success(request, "The run is deleted.")
    return redirect("runs", request.place.account_handle, request.place.workspace_handle)


def answer(request: PageRequest, id: UUID, result: OrchestrationResult, deed: str, done: str) -> HttpResponse:
    reason = getattr(result.details, "reason", None)
    if result.status in ("ABORT", "WAIT"):
        messages.error(request, f"Nothing was changed. {reason or ''}".strip())
    else:
        deeds.note(request.place.workspace_id, deed, id, now=request.now)
        messages.success(request, done)
    return back(request, id)


def back(request: PageRequest, id: UUID) -> HttpResponse:
    return redirect("run", request.place.account_handle, request.place.workspace_handle, id)
