"""Variables: the table with its row in editing, and their own forms."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from msgspec import Raw, Struct, convert

from blocks import filters, queries_pages
from blocks.forms import VariableForm
from blocks.pages.listing import PAGE, asked, offset_of, refusal
from blocks.pages.tracing import Shown, history_of
from blocks.pages.tracing import shown as shown_uses
from blocks.rules.catalogue import variable_pattern, variable_reference
from blocks.services import variables
from blocks.wire.variables import Variable, VariableCreate, VariableUpdate
from controlplane.errors import NotFound, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

SEE, WRITE, MANAGE = Permission.SEE_VARIABLES, Permission.WRITE_VARIABLES, Permission.MANAGE_VARIABLES


class VariableRow(Struct, frozen=True):
    variable: Variable
    text: str
    reference: str

    @property
    def label(self) -> str:
        return f"More for {self.variable.name}"


def row_of(variable: Variable) -> VariableRow:
    return VariableRow(variable, text_of(variable.value), variable_reference(variable.name))


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
        "rows": [row_of(variable) for variable in found[:PAGE]],
        "query": query, "tag": tag, "narrowed": bool(query or tag or offset),
        "refused": refusal(request, WRITE), "delete_refused": refusal(request, MANAGE),
        "older_url": "?" + urlencode({**asked_for, "from": offset + PAGE}) if len(found) > PAGE else "",
        "newer_url": "?" + urlencode({**asked_for, "from": max(0, offset - PAGE)}) if offset else "",
    }  # fmt: skip
    return page(request, "blocks/variables.html", context, fragment="blocks/_variables.html")


@workspace_page(needs=WRITE, transaction=False)
def new_variable_page(request: PageRequest) -> HttpResponse:
    """`?from=` is the id of a variable that is cloned."""
    form = VariableForm(request.POST if request.method == "POST" else None, initial=start_of(request))
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


def start_of(request: PageRequest) -> dict[str, str]:
    """Of another variable its value and tags, if there is one."""
    try:
        with workspace_transaction(request.place.workspace_id):
            variable = variables.read_variable(request.place.workspace_id, UUID(asked(request, "from")))
    except (ValueError, NotFound):
        return {"name": asked(request, "name")}
    return {**initial_of(variable), "name": f"{variable.name}_copy"[:255]}


def initial_of(variable: Variable) -> dict[str, str]:
    return {"name": variable.name, "value": text_of(variable.value, indent=2), "tags": ", ".join(variable.tags)}


@workspace_page(needs=SEE, transaction=False)
def variable_page(request: PageRequest, id: UUID) -> HttpResponse:
    """The form of a variable. htmx puts it into the row of the table."""
    with workspace_transaction(request.place.workspace_id):
        variable = variables.read_variable(request.place.workspace_id, id)
    form = VariableForm(request.POST if request.method == "POST" else None, initial=initial_of(variable))
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
    context: dict[str, Any] = {
        "form": form, "variable": variable, "section": "Variables", "refused": refusal(request, WRITE),
        "delete_refused": refusal(request, MANAGE),
    }  # fmt: skip
    if variable is not None:
        may_write = WRITE in request.place.grants
        context["history"] = history_of(request.place.workspace_id, "variable", variable.id) if may_write else None
        with workspace_transaction(request.place.workspace_id):
            context |= {"uses": uses_of(request, variable), "reference": variable_reference(variable.name)}
    return page(request, template, context, status=status)


def uses_of(request: PageRequest, variable: Variable) -> list[Shown]:
    pattern = variable_pattern(variable.name)
    return shown_uses(queries_pages.find_variable_uses(workspace=request.place.workspace_id, pattern=pattern))


@workspace_page(needs=MANAGE)
def delete_variable_page(request: PageRequest, id: UUID) -> HttpResponse:
    variable = variables.read_variable(request.place.workspace_id, id)
    if request.method != "POST":
        return page(
            request,
            "blocks/delete_variable.html",
            {"variable": variable, "uses": uses_of(request, variable), "section": "Variables"},
        )
    variables.delete_variable(request.place.workspace_id, id, now=request.now)
    messages.success(request, f"The variable {variable.name} was deleted.")
    return redirect("variables", request.place.account_handle, request.place.workspace_handle)
