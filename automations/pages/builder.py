"""One page to make or change an automation: a sentence, and what it would have done."""

from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from automations.forms.draft import Draft, advanced_of, draft_of_automation, draft_of_point, draft_of_request, when_of
from automations.forms.files import PasteForm, draft_of_paste, shown
from automations.forms.then import KINDS, TITLES, ActionForm, new_initial
from automations.pages.listing import texts_of
from automations.rules.sentences import outline
from automations.rules.starting_points import BY_KEY, STARTING_POINTS, StartingPoint
from automations.services import automations, dry_runs, page_data, secrecy
from automations.services.automations import check
from automations.wire.evaluations import DryRun
from automations.wire.triggers import EventTrigger
from controlplane.errors import Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from controlplane.wire.invalid import InvalidBody
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

A_DAY = 100
"""Firings a day above which the builder warns."""


@workspace_page(needs=Permission.MANAGE_AUTOMATIONS, transaction=False)
def new_automation_page(request: PageRequest) -> HttpResponse:
    return answer(request, None)


@workspace_page(needs=Permission.MANAGE_AUTOMATIONS, transaction=False)
def edit_automation_page(request: PageRequest, id: UUID) -> HttpResponse:
    return answer(request, id)


def answer(request: PageRequest, id: UUID | None) -> HttpResponse:
    workspace = request.place.workspace_id
    with workspace_transaction(workspace):
        stored = None if id is None else automations.read_automation(workspace, id)
        texts = [*map(str, request.POST.values()), *(texts_of(stored) if stored else ())]
        choices = page_data.list_choices(workspace, *texts)
    if request.method != "POST":
        draft = starting_draft(request, choices) if stored is None else draft_of_automation(stored, choices)
        return show(request, id, draft, choices)
    draft = draft_of_request(request.POST, choices)
    pressed, _, detail = request.POST.get("press", "").partition(":")
    if "pane" in request.GET:
        return page(request, "automations/_pane.html", rehearsal(request, id, draft, choices))
    if pressed == "paste":
        paste = PasteForm(request.POST)
        made = draft_of_paste(paste, choices)
        if made is None:
            return show(request, id, draft, choices, paste=paste, status=422)
        return show(request, id, made, choices)
    if pressed == "save":
        return save(request, id, draft, choices)
    if pressed == "try":
        context = rehearsal(request, id, draft, choices)
        return show(request, id, draft, choices, tried=context, status=200 if context.get("report") else 422)
    return show(request, id, reshaped(request, draft, pressed, detail, choices), choices)


def starting_draft(request: PageRequest, choices: Any) -> Draft:
    asked = request.GET.get("from", "failed")
    point = BY_KEY.get(asked, BY_KEY["failed"])
    if asked == "event" and (name := request.GET.get("event", "")[:1024]):
        resource = request.GET.get("resource", "")[:1024]
        sentence = msgspec.structs.replace(point.sentence, names=[name], resource=resource)
        point = StartingPoint("event", point.title, f"When {name} happens"[:200], sentence)
    return draft_of_point(point, "send-notification", choices)


def reshaped(request: PageRequest, draft: Draft, pressed: str, detail: str, choices: Any) -> Draft:
    """The same with an action more or less, or the trigger as JSON and back. Nothing that was typed is lost."""
    data = request.POST.copy()
    kinds = data.getlist("actions")
    if pressed == "add" and (kind := data.get("add", "")) in KINDS:
        draft.then.append(ActionForm(kind, choices, len(draft.then), initial=new_initial(kind)))
    elif pressed == "remove" and detail.isdigit() and int(detail) < len(kinds):
        gone = int(detail)
        moved = {key: value for key, value in data.lists() if not key.startswith("do")}
        for key, value in data.lists():
            place, _, name = key.partition("-")
            if key.startswith("do") and place[2:].isdigit() and int(place[2:]) != gone:
                moved[f"do{int(place[2:]) - (int(place[2:]) > gone)}-{name}"] = value
        moved["actions"] = kinds[:gone] + kinds[gone + 1 :]
        for key, value in moved.items():
            data.setlist(key, value)
        return draft_of_request(data, choices)
    elif pressed == "json" and (made := draft.body()):
        draft.when = advanced_of(made[0].trigger, choices)
    elif pressed == "sentence" and (made := draft.body()):
        draft.when = when_of(made[0].trigger, choices)
    elif pressed == "start" and (point := BY_KEY.get(detail)):
        draft.when = draft_of_point(point, "do-nothing", choices).when
    return draft


def save(request: PageRequest, id: UUID | None, draft: Draft, choices: Any) -> HttpResponse:
    workspace, made = request.place.workspace_id, draft.body()
    if made is None:
        return show(request, id, draft, choices, status=422)
    body, sent = made
    try:
        with workspace_transaction(workspace):
            if id is None:
                kept = automations.create_automation(workspace, body, sent=sent, now=request.now).id
            else:
                automations.replace_automation(workspace, id, body, sent=sent, now=request.now)
                kept = id
    except InvalidBody as refusal:
        draft.place_errors(refusal)
        return show(request, id, draft, choices, status=422)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        draft.head.add_error(None, problem.detail)
        return show(request, id, draft, choices, status=422)
    messages.success(request, f"{body.name} is saved.")
    place = request.place
    url = reverse("automation", args=[place.account_handle, place.workspace_handle, kept])
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def rehearsal(request: PageRequest, id: UUID | None, draft: Draft, choices: Any) -> dict[str, Any]:
    """The right pane: what there would have been, and what to be careful about."""
    workspace, made = request.place.workspace_id, draft.body()
    if made is None:
        return {"unsound": True}
    body, sent = made
    context: dict[str, Any] = {"outline": outline(body.trigger, page_data.names_of(choices)), "file": shown(body)}
    fields = {name: getattr(body, name) for name in body.__struct_fields__ if name not in ("owner_resource", "actions")}
    try:
        with workspace_transaction(workspace):
            check(workspace, body, sent)
            report = dry_runs.dry_run(workspace, DryRun(**fields), now=request.now)
    except InvalidBody as refusal:
        return {**context, "warnings": [finding.msg.removeprefix("Value error, ") for finding in refusal.findings]}
    except Problem as problem:
        return {**context, "warnings": [problem.detail]}
    days = max((report.until - report.since).total_seconds() / 86_400, 1 / 24)
    warnings = []
    if report.fired / days > A_DAY:
        warnings.append(f"It would fire about {report.fired / days:.0f} times a day.")
    if isinstance(body.trigger, EventTrigger) and not body.trigger.expect and body.trigger.posture == "Reactive":
        warnings.append("It fires on every event: name the events that it waits for.")
    if id is None and secrecy.has_masks(body):
        warnings.append("Asterisks stand where a secret was: write it anew, or runs are given the asterisks.")
    return {**context, "report": report, "firings": report.firings[-10:][::-1], "warnings": warnings}


def show(
    request: PageRequest, id: UUID | None, draft: Draft, choices: Any, *, tried: Any = None, paste: Any = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {
        "draft": draft, "id": id, "points": STARTING_POINTS, "kinds": TITLES.items(), "tried": tried,
        "is_advanced": draft.when.kind == "advanced", "section": "Automations", "has_channels": choices["channel"],
        "paste": paste or PasteForm(),
        **(tried or {}),
    }  # fmt: skip
    return page(request, "automations/builder.html", context, fragment="automations/_builder.html", status=status)
