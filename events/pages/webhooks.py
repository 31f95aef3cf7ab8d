"""Inbound webhooks: addresses that make events of requests."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from controlplane.errors import Problem
from controlplane.ui.page import page
from events.forms import PRESETS, SAMPLE, WebhookForm
from events.models import Event
from events.rules.sample_requests import write_sample
from events.services import receiving, webhooks
from events.wire.webhooks import WebhookCreate, WebhookReplace, WebhooksFilter
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

DAY = timedelta(days=1)
CALLS = 20
SHOWN_DAYS = 30
CALLED = ("prefect-cloud.webhook.received", "prefect-cloud.webhook.failed")


@workspace_page(needs=Permission.SEE_WEBHOOKS)
def webhooks_page(request: PageRequest) -> HttpResponse:
    listed = webhooks.list_webhooks(
        request.place.workspace_id, request.place.account_id, WebhooksFilter(), may_send=False
    )
    rows = []
    for one in listed:
        calls = calls_of(request, one.id)
        newest = calls.order_by("-occurred").first()
        rows.append({
            "webhook": one, "last": newest.occurred if newest else None,
            "failed": bool(newest and newest.event == CALLED[1]),
            "count": calls.filter(occurred__gte=request.now - DAY).count(),
        })  # fmt: skip
    return page(request, "events/webhooks.html", {"rows": rows, "refused": refusal(request)})


def calls_of(request: PageRequest, id: UUID) -> Any:
    return Event.objects.of(request.place.workspace_id).filter(
        resource_id=f"prefect-cloud.webhook.{id}", event__in=CALLED,
        occurred__gte=request.now - SHOWN_DAYS * DAY,
    )  # fmt: skip


@workspace_page(needs=Permission.MANAGE_WEBHOOKS)
def new_webhook_page(request: PageRequest) -> HttpResponse:
    if request.method != "POST":
        preset = PRESETS.get(request.GET.get("preset", ""), PRESETS["any"])
        return show_form(
            request, make_form(request, initial={"template": preset.template, "enabled": True, "sample": SAMPLE})
        )
    return answer_form(request, None)


@workspace_page(needs=Permission.MANAGE_WEBHOOKS)
def edit_webhook_page(request: PageRequest, id: UUID) -> HttpResponse:
    found = read(request, id)
    if request.method == "POST":
        return answer_form(request, found)
    fields = ("name", "description", "template", "enabled", "service_account_id")
    initial = {**{name: getattr(found, name) for name in fields}, "sample": sample_of(request, id)}
    return show_form(request, make_form(request, initial=initial), found)


def make_form(request: PageRequest, data: Any = None, *, initial: Any = None) -> WebhookForm:
    accounts = webhooks.list_service_accounts(request.place.account_id)
    return WebhookForm(data, accounts=accounts, initial=initial)


def sample_of(request: PageRequest, id: UUID) -> str:
    """The call that `?call=` names, as a sample."""
    try:
        call = calls_of(request, id).filter(id=UUID(request.GET.get("call", ""))).first()
    except ValueError:
        call = None
    seen = call.payload.get("request") if call else None
    return write_sample(seen) if isinstance(seen, dict) else SAMPLE


def answer_form(request: PageRequest, stored: Any) -> HttpResponse:
    """`press=sample` only shows the event that would be made."""
    workspace, account, form = request.place.workspace_id, request.place.account_id, make_form(request, request.POST)
    if not form.is_valid():
        return show_form(request, form, stored, status=422)
    given = form.cleaned_data
    if request.POST.get("press") == "sample":
        return show_form(request, form, stored, tried=try_sample(request, form, stored))
    fields = {name: given[name] for name in ("name", "description", "enabled", "template", "service_account_id")}
    try:
        if stored is None:
            id = webhooks.create_webhook(workspace, account, WebhookCreate(**fields), now=request.now).id
        else:
            id = stored.id
            webhooks.replace_webhook(workspace, account, id, WebhookReplace(**fields), now=request.now)
    except Problem as problem:
        form.add_error("template", problem.detail)
        return show_form(request, form, stored, status=422)
    messages.success(request, f"{given['name']} is saved.")
    return back(request, id)


def try_sample(request: PageRequest, form: WebhookForm, stored: Any) -> dict[str, str]:
    given = form.cleaned_data
    try:
        event = receiving.preview(
            given["template"], given["sample"], name=given["name"], id=stored.id if stored else None, now=request.now
        )
    except Problem as problem:
        return {"fault": problem.detail}
    return {"event": json.dumps(msgspec.to_builtins(event), indent=2, ensure_ascii=False)}


def show_form(
    request: PageRequest, form: WebhookForm, stored: Any = None, *, tried: Any = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "webhook": stored, "presets": PRESETS.items(), "tried": tried, "section": "Webhooks"}
    return page(request, "events/webhook_form.html", context, status=status)


@workspace_page(needs=Permission.SEE_WEBHOOKS)
def webhook_page(request: PageRequest, id: UUID) -> HttpResponse:
    found = read(request, id)
    calls = [
        {"call": call, "failed": call.event == CALLED[1], "made": call.follows,
         "reason": call.payload.get("reason", ""),
         "request": write_sample(call.payload["request"]) if "request" in call.payload else ""}
        for call in calls_of(request, id).order_by("-occurred")[:CALLS]
    ]  # fmt: skip
    may_send = Permission.MANAGE_WEBHOOKS in request.place.grants
    context = {
        "webhook": found, "calls": calls, "refused": refusal(request), "section": "Webhooks",
        "url": f"{settings.PUBLIC_URL}/hooks/{found.slug}" if may_send else "",
    }  # fmt: skip
    response = page(request, "events/webhook.html", context)
    response["Cache-Control"] = "no-store"  # the address is the right to send
    return response


@require_POST
@workspace_page(needs=Permission.MANAGE_WEBHOOKS)
def change_webhook_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace, action = request.place.workspace_id, request.POST.get("action", "")
    if action == "rotate":
        webhooks.rotate_webhook(workspace, request.place.account_id, id, now=request.now)
        messages.success(request, "It has a new address. The old one is gone.")
    elif action == "delete":
        webhooks.delete_webhook(workspace, id, now=request.now)
        messages.success(request, "The webhook is deleted.")
        return redirect("webhooks", request.place.account_handle, request.place.workspace_handle)
    else:
        webhooks.enable_webhook(workspace, id, action == "enable", now=request.now)
        messages.success(request, "It is on." if action == "enable" else "It is off: calls are answered with 404.")
    return back(request, id)


def read(request: PageRequest, id: UUID) -> Any:
    place = request.place
    may_send = Permission.MANAGE_WEBHOOKS in place.grants
    return webhooks.read_webhook(place.workspace_id, place.account_id, id, may_send=may_send)


def back(request: PageRequest, id: UUID) -> HttpResponse:
    return redirect("webhook", request.place.account_handle, request.place.workspace_handle, id)


def refusal(request: PageRequest) -> str:
    allowed = Permission.MANAGE_WEBHOOKS in request.place.grants
    return "" if allowed else f"Your role here is {request.place.role}; this needs the Developer role"
