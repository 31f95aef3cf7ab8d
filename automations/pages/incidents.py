"""Incidents: what is looked after now, and what was."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from automations.forms.incidents import IncidentForm
from automations.services import incidents
from automations.wire.incidents import IncidentCreate, IncidentsFilter
from controlplane.errors import Conflict
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

RESOLVED_SHOWN = 50


@workspace_page(needs=Permission.SEE_INCIDENTS)
def incidents_page(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    context = {
        "open_ones": incidents.list_incidents(workspace, IncidentsFilter(status="OPEN")),
        "resolved": incidents.list_incidents(workspace, IncidentsFilter(status="RESOLVED", limit=RESOLVED_SHOWN)),
        "refused": refusal(request),
    }
    return page(request, "automations/incidents.html", context)


@workspace_page(needs=Permission.WRITE_INCIDENTS)
def new_incident_page(request: PageRequest) -> HttpResponse:
    form = IncidentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        body = IncidentCreate(**form.cleaned_data)
        made = incidents.declare_incident(request.place.workspace_id, body, caller=request.caller, now=request.now)
        messages.success(request, "The incident is declared.")
        return back(request, made.id)
    context: dict[str, Any] = {"form": form, "section": "Incidents"}
    return page(request, "automations/incident_form.html", context, status=422 if form.errors else 200)


@workspace_page(needs=Permission.SEE_INCIDENTS)
def incident_page(request: PageRequest, id: UUID) -> HttpResponse:
    found = incidents.read_incident(request.place.workspace_id, id)
    about = urlencode({"resource": found.resource_id, "span": "30d"})
    context = {"incident": found, "query": about, "refused": refusal(request), "section": "Incidents"}
    return page(request, "automations/incident.html", context)


@require_POST
@workspace_page(needs=Permission.WRITE_INCIDENTS)
def resolve_incident_page(request: PageRequest, id: UUID) -> HttpResponse:
    try:
        incidents.resolve_incident(request.place.workspace_id, id, caller=request.caller, now=request.now)
    except Conflict as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "The incident is resolved.")
    return back(request, id)


def back(request: PageRequest, id: UUID) -> HttpResponse:
    return redirect("incident", request.place.account_handle, request.place.workspace_handle, id)


def refusal(request: PageRequest) -> str:
    allowed = Permission.WRITE_INCIDENTS in request.place.grants
    return "" if allowed else f"Your role here is {request.place.role}; this needs the Developer role"
