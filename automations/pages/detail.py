"""One automation: what it waits for, what it did, and what went wrong."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from msgspec import json

from automations.forms.draft import body_of
from automations.forms.files import shown
from automations.forms.then import TITLES
from automations.pages.listing import refusal, sentence, texts_of
from automations.rules.sentences import outline
from automations.services import automations, dead_letters, page_data, records
from automations.wire.automations import AutomationPartialUpdate
from automations.wire.evaluations import Evaluation
from automations.wire.firings import ActionsFilter
from automations.wire.triggers import Trigger
from controlplane.errors import Problem
from controlplane.ui.page import page
from controlplane.wire.invalid import InvalidBody
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

STATUS = {"DONE": "delivered", "DEAD": "failed", "RUNNING": "active", "WAITING": "pending"}
VERDICTS = {"fired": "Fired", "waiting": "Waits", "no": "Did not fire", "stopped": "Stopped"}


@workspace_page(needs=Permission.SEE_AUTOMATIONS)
def automation_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    automation = automations.read_automation(workspace, id)
    names = page_data.names_of(page_data.list_choices(workspace, *texts_of(automation)))
    fired = records.list_evaluations(workspace, id, verdicts=["fired", "stopped"])
    others = records.list_evaluations(workspace, id, verdicts=["no", "waiting"], limit=20)
    actions = dead_letters.list_actions(workspace, ActionsFilter(automation_id=id, limit=200))
    context = {
        "automation": automation, "sentence": sentence(automation, names), "section": "Automations",
        "outline": outline(json.decode(automation.trigger, type=Trigger), names),
        "waiting": records.read_state(workspace, id) if automation.enabled else [],
        "firings": [firing(one, actions) for one in fired],
        "others": [{"row": one, "verdict": VERDICTS[one.verdict]} for one in others],
        "dead": sum(action.status == "DEAD" for action in actions),
        "file": shown(body_of(automation)), "refused": refusal(request),
    }  # fmt: skip
    return page(request, "automations/automation.html", context)


def firing(evaluation: Evaluation, actions: list[Any]) -> dict[str, Any]:
    mine = [action for action in actions if evaluation.firing_id and action.firing_id == evaluation.firing_id]
    results = [
        {"action": action, "title": TITLES.get(action.action_type, action.action_type), "status": STATUS[action.status]}
        for action in sorted(mine, key=lambda action: action.action_index)
    ]
    return {"row": evaluation, "verdict": VERDICTS[evaluation.verdict], "results": results}


@require_POST
@workspace_page(needs=Permission.MANAGE_AUTOMATIONS)
def switch_automation_page(request: PageRequest, id: UUID) -> HttpResponse:
    """Pause or resume."""
    enabled = request.POST.get("action") == "resume"
    try:
        automations.enable_automation(
            request.place.workspace_id, id, AutomationPartialUpdate(enabled=enabled), sent=b"{}", now=request.now
        )
    except InvalidBody as refused:
        messages.error(request, refused.findings[0].msg.removeprefix("Value error, "))
    else:
        messages.success(request, "Resumed." if enabled else "Paused. It does nothing until it is resumed.")
    if request.POST.get("back") == "list":
        return redirect("automations", request.place.account_handle, request.place.workspace_handle)
    return back(request, id)


@workspace_page(needs=Permission.MANAGE_AUTOMATIONS)
def delete_automation_page(request: PageRequest, id: UUID) -> HttpResponse:
    """A question first."""
    workspace = request.place.workspace_id
    automation = automations.read_automation(workspace, id)
    if request.method != "POST":
        return page(request, "automations/delete.html", {"automation": automation, "section": "Automations"})
    automations.delete_automation(workspace, id, now=request.now)
    messages.success(request, f"{automation.name} is deleted.")
    return redirect("automations", request.place.account_handle, request.place.workspace_handle)


@require_POST
@workspace_page(needs=Permission.MANAGE_AUTOMATIONS)
def change_action_page(request: PageRequest, id: UUID, action: UUID) -> HttpResponse:
    """Try an action that was given up again, or throw it away."""
    workspace, discards = request.place.workspace_id, request.POST.get("action") == "discard"
    try:
        if discards:
            dead_letters.discard_action(workspace, action)
        else:
            dead_letters.retry_action(workspace, action, now=request.now)
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "Thrown away." if discards else "It is tried again.")
    return back(request, id)


def back(request: PageRequest, id: UUID) -> HttpResponse:
    return redirect("automation", request.place.account_handle, request.place.workspace_handle, id)
