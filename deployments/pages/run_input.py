"""A paused run on its page: what it asks for as a form, and the button that lets it go on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from msgspec import json

from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from deployments.pages.sheets import NEEDS_RUNNER, is_saving, lead_to, new_block_url, sheet_of
from deployments.services import resuming, run_inputs
from deployments.services.value_forms import judge, value_of
from runs.services import page_data, page_parts
from runs.services.page_parts import About, Part
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@page_parts.register
def ask_for_input(about: About, now: datetime) -> Part | None:
    if about.state_type != "PAUSED":
        return None
    workspace, run = about.place.workspace_id, about.flow_run_id
    asks = run_inputs.schema_of(workspace, run, now) is not None
    return Part(
        "deployments/_run_input.html",
        {
            "place": about.place, "flow_run_id": run, "description": run_inputs.description_of(workspace, run, now),
            "title": "It waits for your answer" if asks else "It waits to be resumed",
            "refused": "" if Permission.RUN_FLOWS in about.place.grants else NEEDS_RUNNER,
        },
    )  # fmt: skip


@workspace_page(needs=Permission.RUN_FLOWS, transaction=False)
def resume_run_page(request: PageRequest, id: UUID) -> HttpResponse:
    """The same form on a page of its own: where it comes back with what is wrong."""
    workspace, problem = request.place.workspace_id, ""
    with workspace_transaction(workspace):
        run = page_data.read_run(workspace, id, now=request.now)
        if run.state_type != "PAUSED":
            messages.error(request, "The run is not paused any more.")
            return lead_to(request, "run", id)
        schema = run_inputs.schema_of(workspace, id, request.now)
        description = run_inputs.description_of(workspace, id, request.now)
        sheet = None if schema is None else sheet_of(request, "i", schema, {})
    value: dict[str, Any] | None = None if sheet is None else value_of(sheet)
    if is_saving(request) and (sheet is None or judge(sheet, value or {})):
        with workspace_transaction(workspace):
            problem = resume(request, id, value)
        if not problem:
            messages.success(request, "Resumed.")
            return lead_to(request, "run", id)
    context = {
        "run": run, "sheet": sheet, "description": description, "problem": problem, "section": "Runs",
        "new_block_url": new_block_url(request), "flow_run_id": id, "is_told_off": is_saving(request),
    }  # fmt: skip
    status = 422 if is_saving(request) else 200
    with workspace_transaction(workspace):
        return page(
            request, "deployments/resume_run.html", context, fragment="deployments/_resume_form.html", status=status
        )


def resume(request: PageRequest, id: UUID, value: dict[str, Any] | None) -> str:
    """Why it was not resumed; nothing if it was."""
    reply = resuming.resume_flow_run(request.place.workspace_id, id, value, now=request.now, client_version=None).body
    if reply.status == "ACCEPT":
        return ""
    return str(json.decode(json.encode(reply.details)).get("reason") or "The run was not resumed.")
