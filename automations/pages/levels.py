"""The service levels of a deployment: a section of its page, and a page of its own without JavaScript."""

from uuid import UUID

from django.contrib import messages
from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from automations.forms.levels import LevelForm
from automations.models import ServiceLevelViolation
from automations.rules.levels import say_promise
from automations.services import slas
from automations.wire.slas import SlaUpdate
from controlplane.errors import Problem
from controlplane.ui.page import page
from deployments.services import page_data
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.SEE_DEPLOYMENTS)
def levels_page(request: PageRequest, deployment: UUID) -> HttpResponse:
    if request.method != "POST":
        return show(request, deployment, LevelForm())
    if refusal(request):
        return show(request, deployment, LevelForm(), status=403)
    form = LevelForm(request.POST)
    if form.is_valid():
        try:
            made = slas.create_level(request.place.workspace_id, form.spec(deployment), now=request.now)
        except Problem as problem:
            form.add_error("name", problem.detail)
        except ValueError as error:
            form.add_error("promise", str(error))
        else:
            messages.success(request, f"{made.name} is watched.")
            return back(request, deployment)
    return show(request, deployment, form, status=422)


def show(request: PageRequest, deployment: UUID, form: LevelForm, *, status: int = 200) -> HttpResponse:
    workspace = request.place.workspace_id
    found = page_data.read_deployment(workspace, deployment, now=request.now)
    levels = slas.list_levels_of(workspace, f"prefect.deployment.{deployment}")
    violations = ServiceLevelViolation.objects.of(workspace).filter(service_level_id__in=[one.id for one in levels])
    last = dict(violations.values_list("service_level_id").annotate(Max("occurred")))
    rows = [{"level": one, "words": say_promise(one.type, one.details), "last": last.get(one.id)} for one in levels]
    context = {
        "deployment": found, "rows": rows, "form": form, "refused": refusal(request), "section": "Deployments"
    }  # fmt: skip
    return page(request, "automations/levels.html", context, fragment="automations/_levels.html", status=status)


@require_POST
@workspace_page(needs=Permission.WRITE_DEPLOYMENTS)
def change_level_page(request: PageRequest, deployment: UUID, level: UUID) -> HttpResponse:
    workspace, action = request.place.workspace_id, request.POST.get("action")
    if action == "delete":
        slas.delete_level(workspace, level)
    else:
        slas.update_level(workspace, level, SlaUpdate(enabled=action == "enable"), now=request.now)
    messages.success(
        request, {"delete": "The service level is removed.", "enable": "It is on."}.get(action or "", "It is off.")
    )
    return back(request, deployment)


def back(request: PageRequest, deployment: UUID) -> HttpResponse:
    return redirect("service_levels", request.place.account_handle, request.place.workspace_handle, deployment)


def refusal(request: PageRequest) -> str:
    allowed = Permission.WRITE_DEPLOYMENTS in request.place.grants
    return "" if allowed else f"Your role here is {request.place.role}; this needs the Developer role"
