"""HTML doors of channels of every kind: choosing a kind, setting one up, changing it."""

from typing import Any
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from controlplane.errors import Conflict, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from notifications import looks
from notifications.channels import OFFERED, keeping, kind_of
from notifications.channels.drafts import draft
from notifications.forms.channel import ChannelForm
from notifications.models import Channel
from notifications.pages import listing, trying
from notifications.pages.slack_picture import picture_of
from notifications.services import (
    alert_rules,
    channel_settings,
    channel_uses,
    channels,
    delivery_log,
    renderings,
    testing_limits,
)
from notifications.wire.channels import ChannelUpdate
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

ICONS = {"email": "mail", "ses": "mail", "sendgrid": "mail", "webhook": "webhook", "request": "webhook",
         "pagerduty": "alert", "opsgenie": "alert", "apprise": "more"}  # fmt: skip
OWN_PAGES = ("slack", "slack_app")


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def list_kinds(request: PageRequest) -> HttpResponse:
    wanted = request.GET.get("q", "").strip()
    kinds = [
        (kind, ICONS.get(kind.name, "bell"))
        for kind in OFFERED
        if wanted.casefold() in f"{kind.title} {kind.help}".casefold()
    ]
    context = {"kinds": kinds, "wanted": wanted, "index_url": listing.index_url(request), "own_pages": OWN_PAGES}
    return page(request, "notifications/kinds.html", context)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def create_channel(request: PageRequest, kind: str) -> HttpResponse:
    found = kind_of(kind)
    if request.method != "POST":
        return channel_page(request, ChannelForm(found))
    return submitted(request, ChannelForm(found, request.POST), None)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def edit_channel(request: PageRequest, channel: UUID) -> HttpResponse:
    with workspace_transaction(request.place.workspace_id):
        row = channels.read_channel(request.place.workspace_id, channel)
    stored = msgspec.to_builtins(channel_settings.open_settings(row))
    if request.method != "POST":
        return channel_page(request, ChannelForm(kind_of(row.kind), initial={"name": row.name}, stored=stored), row)
    return submitted(request, ChannelForm(kind_of(row.kind), request.POST, stored=stored), row)


def submitted(request: PageRequest, form: ChannelForm, row: Channel | None) -> HttpResponse:
    """Test, or save; a save without a working test asks first."""
    action = request.POST.get("action")
    form.is_valid()
    if action == "test":
        form.errors.pop("name", None)
    settings = None if form.errors else read_settings(form, row)
    if settings is None:
        return channel_page(request, form, row, status=422)
    if action == "test":
        return tested(request, form, row, settings)
    is_same = row is not None and settings == channel_settings.open_settings(row)
    if action != "save_untested" and not is_same and not trying.is_tested(request, tried(form, settings)):
        return channel_page(request, form, row, asks_untested=True)
    return saved(request, form, row, settings)


def read_settings(form: ChannelForm, row: Channel | None) -> Any:
    """None when they cannot be: the form says where."""
    try:
        if row is None:
            return keeping.read_settings(form.kind, form.given())
        return keeping.changed_settings(form.kind, channel_settings.open_settings(row), form.given())
    except keeping.BadSettings as error:
        form.blame(error.field, error.detail)
    except Problem as problem:
        form.add_error(None, problem.detail)
    return None


def tested(request: PageRequest, form: ChannelForm, row: Channel | None, settings: Any) -> HttpResponse:
    if testing_limits.is_too_often(request.caller.actor_id):
        form.add_error(None, testing_limits.TOO_OFTEN)
        return channel_page(request, form, row, status=422)
    values = msgspec.to_builtins(settings)
    sent = channels.try_settings(request.place.workspace_id, form.kind.name, values, trying.sample(request))
    proof = "" if sent.failure else trying.proof(request, tried(form, settings))
    return channel_page(request, form, row, sent=sent, tested=proof)


def saved(request: PageRequest, form: ChannelForm, row: Channel | None, settings: Any) -> HttpResponse:
    workspace, name = request.place.workspace_id, form.cleaned_data["name"].strip()
    try:
        if row is None:
            with workspace_transaction(workspace):
                made = channels.create_channel(workspace, kind=form.kind.name, name=name, settings=settings)
                alert_rules.create_rules(workspace, made.id, form.cleaned_data["rules"])
        else:
            values = msgspec.to_builtins(settings)
            channel_settings.update_channel(
                workspace, row.id, ChannelUpdate(name=name, settings=values), now=request.now
            )
    except Conflict as problem:
        form.add_error("name", problem.detail)
    except Problem as problem:
        form.add_error(None, problem.detail)
    else:
        messages.success(request, f"{name} is {'connected' if row is None else 'saved'}.")
        return HttpResponseRedirect(listing.index_url(request))
    return channel_page(request, form, row, status=422)


def channel_page(
    request: PageRequest, form: ChannelForm, row: Channel | None = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "form": form,
        "kind": form.kind,
        "channel": row,
        "look": looks.channel_status(row) if row else None,
        **(about(request, row) if row else {}),
        "tested": request.POST.get("tested", ""),
        "index_url": listing.index_url(request),
        **more,
    }
    response = page(request, "notifications/channel.html", context, status=status)
    response["Cache-Control"] = "no-store"  # it may hold a secret that was typed
    return response


def about(request: PageRequest, row: Channel) -> dict[str, Any]:
    """What uses the channel, and what a message looks like there."""
    workspace = request.place.workspace_id
    shown = renderings.of_channel(row, trying.sample(request), "test")
    with workspace_transaction(workspace):
        uses = channel_uses.uses_of(workspace, row.id)
    body = shown.rendered.body
    return {
        "uses": uses,
        "rendered": shown.rendered,
        "picture": picture_of(body),
        "preview": draft(shown.message),
        "payload": "" if body is None else looks.indented(body),
    }


def tried(form: ChannelForm, settings: Any) -> bytes:
    """What a working test was a test of."""
    return f"{form.kind.name} ".encode() + keeping.to_bytes(settings)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def test_channel(request: PageRequest, channel: UUID) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if testing_limits.is_too_often(request.caller.actor_id):
        messages.error(request, testing_limits.TOO_OFTEN)
        return HttpResponseRedirect(listing.index_url(request))
    sent = channels.send_to_channel(request.place.workspace_id, channel, trying.sample(request), reason="test")
    trying.say(request, sent, "The test message was delivered")
    return HttpResponseRedirect(listing.index_url(request))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def delete_channel(request: PageRequest, channel: UUID) -> HttpResponse:
    """A question first: deliveries and rules go too."""
    workspace = request.place.workspace_id
    if request.method == "POST":
        gone = channels.delete_channel(workspace, channel)
        messages.success(request, f"{gone.name} is deleted.")
        return HttpResponseRedirect(listing.index_url(request))
    found = channels.read_channel(workspace, channel)
    uses = channel_uses.uses_of(workspace, channel)
    waiting = delivery_log.count_waiting(workspace, channel)
    context = {
        "channel": found,
        "uses": uses,
        "rules": len({use.id for use in uses if use.is_lost}),
        "waiting": waiting,
        "index_url": listing.index_url(request),
    }
    return page(request, "notifications/delete_channel.html", context)
