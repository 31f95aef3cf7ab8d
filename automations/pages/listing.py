"""All automations of a workspace, each in a sentence."""

from typing import Any

from django.http import HttpResponse
from msgspec import json

from automations.filters import AutomationsFilter
from automations.forms.then import say_action
from automations.rules.sentences import say
from automations.rules.starting_points import BY_KEY
from automations.services import automations, page_data, records
from automations.wire.actions import Action
from automations.wire.automations import Automation
from automations.wire.triggers import Trigger
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

OFFERED = ("failed", "late", "no-worker")
PAGE = 200
STATES_READ = 50


@workspace_page(needs=Permission.SEE_AUTOMATIONS)
def automations_page(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    listed = automations.list_automations(workspace, AutomationsFilter(limit=PAGE))
    names, fired = page_data.names_of(page_data.list_choices(workspace)), page_data.last_fired(workspace)
    rows = []
    for index, one in enumerate(listed):
        waiting = records.read_state(workspace, one.id) if one.enabled and index < STATES_READ else []
        until = next((wait.until for wait in waiting if wait.until), None)
        rows.append({"automation": one, "sentence": sentence(one, names), "fired": fired.get(one.id), "until": until})
    context = {
        "rows": rows, "points": [BY_KEY[key] for key in OFFERED], "refused": refusal(request),
        "more": len(listed) == PAGE,
    }  # fmt: skip
    return page(request, "automations/list.html", context)


def sentence(automation: Automation, names: dict[str, str]) -> dict[str, Any]:
    actions = json.decode(automation.actions, type=list[Action])
    return {
        "when": say(json.decode(automation.trigger, type=Trigger), names),
        "then": [say_action(action, names) for action in actions],
    }  # fmt: skip


def refusal(request: PageRequest) -> str:
    """Why the buttons that change something cannot be pressed; empty when they can."""
    if Permission.MANAGE_AUTOMATIONS in request.place.grants:
        return ""
    return f"Your role here is {request.place.role}; this needs the Developer role"
