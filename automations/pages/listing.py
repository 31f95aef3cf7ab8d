"""All automations of a workspace, each in a sentence."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST
from msgspec import json

from automations.filters import AutomationsFilter
from automations.forms.draft import read_body
from automations.forms.then import say_action
from automations.models import Automation as Automations
from automations.rules.sentences import say, write_trigger
from automations.rules.starting_points import BY_KEY
from automations.services import automations, page_data, records
from automations.wire.actions import Action
from automations.wire.automations import Automation
from automations.wire.triggers import Trigger
from controlplane.errors import NotFound
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

OFFERED = {
    "failed": "a run fails", "late": "a run is late", "long": "a run takes more than an hour",
    "no-worker": "a pool has no worker",
}  # fmt: skip
PAGE = 200
STATES_READ = 50


@workspace_page(needs=Permission.SEE_AUTOMATIONS)
def automations_page(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    listed = automations.list_automations(workspace, AutomationsFilter(limit=PAGE))
    fired = page_data.last_fired(workspace)
    choices = page_data.list_choices(workspace, *(text for one in listed for text in texts_of(one)))
    names = page_data.names_of(choices)
    rows = []
    for index, one in enumerate(listed):
        waiting = records.read_state(workspace, one.id) if one.enabled and index < STATES_READ else []
        until = next((wait.until for wait in waiting if wait.until), None)
        rows.append({"automation": one, "sentence": sentence(one, names), "fired": fired.get(one.id), "until": until})
    context = {
        "rows": rows, "wishes": OFFERED.items(), "channels": choices["channel"], "refused": refusal(request),
        "more": len(listed) == PAGE,
    }  # fmt: skip
    return page(request, "automations/list.html", context)


@require_POST
@workspace_page(needs=Permission.MANAGE_AUTOMATIONS)
def quick_automation_page(request: PageRequest) -> HttpResponse:
    """One of the offered automations, made at once; pressed twice it is still one."""
    workspace, place = request.place.workspace_id, (request.place.account_handle, request.place.workspace_handle)
    key, receiver = request.POST.get("wish", ""), request.POST.get("receiver", "")
    if key not in OFFERED:
        raise NotFound("There is no such template.")
    point, choices = BY_KEY[key], page_data.list_choices(workspace)["channel"]
    name = dict(choices).get(receiver)
    if name is None:
        return redirect(f"{reverse('new_automation', args=place)}?from={key}")
    there = Automations.objects.of(workspace).filter(name=point.name).values_list("id", flat=True).first()
    if there is None:
        message = {"type": "send-notification", "block_document_id": receiver, "subject": point.subject,
                   "body": point.body}  # fmt: skip
        body = read_body({"name": point.name, "trigger": write_trigger(point.sentence), "actions": [message]})
        there = automations.create_automation(workspace, body, sent=json.encode(body), now=request.now).id
        messages.success(request, f"It is on: {name} is told when {OFFERED[key]}.")
    else:
        messages.info(request, f"There is an automation called {point.name} already.")
    return redirect("automation", *place, there)


def sentence(automation: Automation, names: dict[str, str]) -> dict[str, Any]:
    actions = json.decode(automation.actions, type=list[Action])
    return {
        "when": say(json.decode(automation.trigger, type=Trigger), names),
        "then": [say_action(action, names) for action in actions],
    }  # fmt: skip


def texts_of(automation: Automation) -> tuple[str, str]:
    """What names other things by their ids."""
    return bytes(automation.trigger).decode(), bytes(automation.actions).decode()


def refusal(request: PageRequest) -> str:
    """Why the buttons that change something cannot be pressed; empty when they can."""
    if Permission.MANAGE_AUTOMATIONS in request.place.grants:
        return ""
    return f"Your role here is {request.place.role}; this needs the Developer role"
