"""Variables out of the workspace as a file, and into it: what would change is shown before it does."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from blocks.models import Variable
from blocks.rules.variable_files import Incoming, compare
from blocks.services import variables
from blocks.wire.variables import VariableCreate, VariableUpdate
from controlplane.errors import BadRequest
from controlplane.schema_forms.texts import LARGEST_JSON, Unreadable, parse_json
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.SEE_VARIABLES)
def export_variables_page(request: PageRequest) -> HttpResponse:
    rows = Variable.objects.of(request.place.workspace_id).order_by("name")
    told = {row.name: {"value": row.value, "tags": row.tags} for row in rows}
    response = HttpResponse(json.dumps(told, indent=2, ensure_ascii=False), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="variables-{request.place.workspace_handle}.json"'
    return response


@workspace_page(needs=Permission.WRITE_VARIABLES)
def import_variables_page(request: PageRequest) -> HttpResponse:
    """First what the file would do, then, with the conflicts decided, it is done: all of it or nothing."""
    if request.method != "POST":
        return page(request, "blocks/import_variables.html", {"section": "Variables"})
    workspace = request.place.workspace_id
    text = request.POST.get("text", "")
    try:
        if (file := request.FILES.get("file")) is not None:
            if file.size is None or file.size > LARGEST_JSON:
                raise ValueError("The file is too large.")
            text = file.read().decode("utf-8-sig")  # Windows writes a mark first
        incoming = compare(parse_json(text), stored_variables(workspace))
    except (Unreadable, UnicodeDecodeError, ValueError) as error:
        problem = "The file is not UTF-8 text." if isinstance(error, UnicodeDecodeError) else str(error)
        return page(
            request,
            "blocks/import_variables.html",
            {"problem": problem, "text": text, "section": "Variables"},
            status=422,
        )
    if request.POST.get("do") == "apply":
        return apply(request, incoming)
    counts = {fate: sum(one.fate == fate for one in incoming) for fate in ("new", "same", "conflict", "invalid")}
    context = {"incoming": incoming, "counts": counts, "text": text, "section": "Variables"}
    return page(request, "blocks/import_variables.html", context)


def stored_variables(workspace: UUID) -> dict[str, tuple[Any, list[str]]]:
    return {row.name: (row.value, row.tags) for row in Variable.objects.of(workspace)}


def apply(request: PageRequest, incoming: list[Incoming]) -> HttpResponse:
    workspace, overwrites = request.place.workspace_id, request.POST.get("conflicts") == "overwrite"
    if any(one.fate == "invalid" for one in incoming):
        raise BadRequest("The file holds variables that cannot be stored. Nothing was changed.")
    made = changed = 0
    for one in incoming:
        if one.fate == "new":
            variables.create_variable(
                workspace, VariableCreate(name=one.name, value=one.value, tags=one.tags), now=request.now
            )
            made += 1
        elif one.fate == "conflict" and overwrites:
            update = VariableUpdate(value=one.value, tags=one.tags)
            variables.update_variable_by_name(workspace, one.name, update, now=request.now)
            changed += 1
    messages.success(request, f"{made} made, {changed} changed, {len(incoming) - made - changed} left as they were.")
    return redirect("variables", request.place.account_handle, request.place.workspace_handle)
