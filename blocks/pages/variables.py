"""Variables: the table with its row in editing, and their own forms."""

import json
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from msgspec import Raw, Struct, convert

from blocks import filters
from blocks.forms import VariableForm
from blocks.pages.listing import PAGE, asked, offset_of, refusal
from blocks.services import variables
from blocks.wire.variables import Variable, VariableCreate, VariableUpdate
from controlplane.errors import Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

SEE, WRITE, MANAGE = Permission.SEE_VARIABLES, Permission.WRITE_VARIABLES, Permission.MANAGE_VARIABLES


class VariableRow(Struct, frozen=True):
    variable: Variable
    text: str


def text_of(value: object, *, indent: int | None = None) -> str:
    """A stored value comes as its JSON."""
    found = json.loads(bytes(value)) if isinstance(value, Raw) else value
    return json.dumps(found, ensure_ascii=False, indent=indent)


@workspace_page(needs=SEE)
def variables_page(request: PageRequest) -> HttpResponse:
    query, tag, offset = asked(request, "q"), asked(request, "tag"), offset_of(request)
    wanted = {
        **({"name": {"like_": query}} if query else {}),
        **({"tags": {"all_": [tag]}} if tag else {}),
    }
    body = convert(
        {"variables": wanted, "sort": "NAME_ASC", "limit": PAGE + 1, "offset": offset}, filters.VariablesFilter
    )
    found = variables.list_variables(request.place.workspace_id, body)
    asked_for = {name: value for name, value in (("q", query), ("tag", tag)) if value}
    context = {
        "rows": [VariableRow(variable, text_of(variable.value)) for variable in found[:PAGE]],
        "query": query, "tag": tag, "narrowed": bool(query or tag or offset),
        "refused": refusal(request, WRITE),
        "older_url": "?" + urlencode({**asked_for, "from": offset + PAGE}) if len(found) > PAGE else "",
        "newer_url": "?" + urlencode({**asked_for, "from": max(0, offset - PAGE)}) if offset else "",
    }  # fmt: skip
    return page(request, "blocks/variables.html", context, fragment="blocks/_variables.html")


@workspace_page(needs=WRITE, transaction=False)
def new_variable_page(request: PageRequest) -> HttpResponse:
    form = VariableForm(request.POST if request.method == "POST" else None, initial={"name": asked(request, "name")})
    if request.method == "POST" and form.is_valid():
        body = VariableCreate(
            name=form.cleaned_data["name"], value=form.cleaned_data["value"][0], tags=form.cleaned_data["tags"]
        )
        try:
            with workspace_transaction(request.place.workspace_id):
                variables.create_variable(request.place.workspace_id, body, now=request.now)
            return saved(request, body.name)
        except Problem as problem:
            form.add_error("name", problem.detail)
    return shown(request, "blocks/variable_form.html", form)


@workspace_page(needs=SEE, transaction=False)
def variable_page(request: PageRequest, id: UUID) -> HttpResponse:
    """The form of a variable. htmx puts it into the row of the table."""
    with workspace_transaction(request.place.workspace_id):
        variable = variables.read_variable(request.place.workspace_id, id)
    initial = {
        "name": variable.name, "value": text_of(variable.value, indent=2), "tags": ", ".join(variable.tags),
    }  # fmt: skip
    form = VariableForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and not refusal(request, WRITE) and form.is_valid():
        body = VariableUpdate(
            name=form.cleaned_data["name"], value=form.cleaned_data["value"][0], tags=form.cleaned_data["tags"]
        )
        try:
            with workspace_transaction(request.place.workspace_id):
                variables.update_variable(request.place.workspace_id, id, body, now=request.now)
            return saved(request, form.cleaned_data["name"])
        except Problem as problem:
            form.add_error("name", "This name is taken." if problem.status == 409 else problem.detail)
    return shown(request, "blocks/variable_form.html", form, variable)


def saved(request: PageRequest, name: str) -> HttpResponse:
    messages.success(request, f"The variable {name} was saved.")
    return redirect("variables", request.place.account_handle, request.place.workspace_handle)


def shown(request: PageRequest, template: str, form: VariableForm, variable: Variable | None = None) -> HttpResponse:
    status = 403 if request.method == "POST" and refusal(request, WRITE) else 422 if form.errors else 200
    context = {
        "form": form, "variable": variable, "section": "Variables", "refused": refusal(request, WRITE),
        "delete_refused": refusal(request, MANAGE),
    }  # fmt: skip
    return page(request, template, context, status=status)


@workspace_page(needs=MANAGE)
def delete_variable_page(request: PageRequest, id: UUID) -> HttpResponse:
    variable = variables.read_variable(request.place.workspace_id, id)
    if request.method != "POST":
        return page(request, "blocks/delete_variable.html", {"variable": variable, "section": "Variables"})
    variables.delete_variable(request.place.workspace_id, id, now=request.now)
    messages.success(request, f"The variable {variable.name} was deleted.")
    return redirect("variables", request.place.account_handle, request.place.workspace_handle)
