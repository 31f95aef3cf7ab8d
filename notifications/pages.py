"""HTML doors: channels, policies and deliveries on one page, and a page to connect Slack."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from controlplane.errors import Conflict, Invalid, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from notifications import looks
from notifications.channels.drafts import draft
from notifications.forms import SlackForm, SlackTokenForm
from notifications.rules.starting_points import STARTING_POINTS
from notifications.services import (
    alert_rules,
    channel_uses,
    channels,
    deliveries,
    delivery_log,
    naming,
    policies,
    samples,
    sending,
    slack_teams,
    testing_limits,
)
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

TOO_OFTEN = "That were ten test messages in a minute. Wait a little."
TESTED_SECONDS = 3600


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def list_notifications(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    listed = list(channels.list_channels(workspace))
    kept = alert_rules.list_rules(workspace)
    shown = [policies.shown(row) for row in kept]
    fired = alert_rules.count_fired(workspace, request.now - timedelta(days=7))
    context = {
        "channels": looks.channel_rows(listed, kept),
        "policies": looks.policy_rows(shown, naming.names_for(workspace, shown), fired, request.now),
        "points": STARTING_POINTS,
        "deliveries": looks.delivery_rows(deliveries.list_deliveries(workspace), listed, kept),
        "is_failure_told": deliveries.is_failure_told(workspace),
        "refused": refusal(request),
    }
    return page(request, "notifications/list.html", context)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def connect_slack(request: PageRequest) -> HttpResponse:
    """Test and save are buttons of one form. Nothing is stored before Save."""
    if request.method != "POST":
        return slack_page(request, SlackForm(initial={"name": free_name(request), "rules": ["failed"]}))
    form = SlackForm(request.POST)
    if request.POST.get("action") == "test":
        return test_address(request, form)
    if not form.is_valid():
        return slack_page(request, form, status=422)
    address = form.cleaned_data["address"]
    if request.POST.get("action") != "save_untested" and not is_tested(request, address):
        return slack_page(request, form, asks_untested=True)
    return save_channel(request, form)


def app_context(request: PageRequest) -> dict[str, Any]:
    """What the page says of the other way, the Slack app."""
    place = request.place
    with workspace_transaction(place.workspace_id):
        teams = slack_teams.list_teams(place.workspace_id)
    return {"teams": teams, "why_no_button": slack_teams.why_no_button(), "token_form": SlackTokenForm()}


def free_name(request: PageRequest) -> str:
    """A name to begin with, so that connecting Slack asks for nothing but the address."""
    with workspace_transaction(request.place.workspace_id):
        taken = {channel.name for channel in channels.list_channels(request.place.workspace_id)}
    return next(name for name in ("Slack", *(f"Slack {n}" for n in range(2, len(taken) + 3))) if name not in taken)


def test_address(request: PageRequest, form: SlackForm) -> HttpResponse:
    form.forget_name()
    if not form.is_valid():
        return slack_page(request, form, status=422)
    if testing_limits.is_too_often(request.caller.actor_id):
        form.add_error(None, TOO_OFTEN)
        return slack_page(request, form, status=422)
    address = form.cleaned_data["address"]
    try:
        sent = channels.try_settings(request.place.workspace_id, "slack", {"url": address}, sample(request))
    except Problem as problem:
        form.add_error("address", problem.detail)
        return slack_page(request, form, status=422)
    tested = "" if sent.failure else signing.dumps(mark_of(request, address), salt="notifications.tested")
    return slack_page(request, form, sent=sent, tested=tested)


def save_channel(request: PageRequest, form: SlackForm) -> HttpResponse:
    values = form.cleaned_data
    workspace = request.place.workspace_id
    name = values["name"].strip()
    try:
        with workspace_transaction(workspace):
            channel = channels.create_channel(workspace, kind="slack", name=name, settings={"url": values["address"]})
            alert_rules.create_rules(workspace, channel.id, values["rules"])
    except Conflict as problem:
        form.add_error("name", problem.detail)
    except Invalid as problem:
        form.add_error("name" if not name else "address", problem.detail)
    else:
        messages.success(request, f"{channel.name} is connected.")
        url = index_url(request)
        return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]
    return slack_page(request, form, status=422)


def slack_page(
    request: PageRequest,
    form: SlackForm,
    *,
    sent: sending.Sent | None = None,
    tested: str | None = None,
    asks_untested: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "sent": sent,
        "tested": request.POST.get("tested", "") if tested is None else tested,
        "asks_untested": asks_untested,
        "preview": draft(sample(request, is_test=False)),
        "now": request.now,
        "index_url": index_url(request),
        **app_context(request),
    }
    response = page(
        request, "notifications/connect_slack.html", context, fragment="notifications/_slack_form.html", status=status
    )
    response["Cache-Control"] = "no-store"  # it may hold the address that was typed
    return response


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def test_channel(request: PageRequest, channel: UUID) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if testing_limits.is_too_often(request.caller.actor_id):
        messages.error(request, TOO_OFTEN)
        return HttpResponseRedirect(index_url(request))
    sent = channels.send_to_channel(request.place.workspace_id, channel, sample(request), reason="test")
    say(request, sent, "The test message was delivered")
    return HttpResponseRedirect(index_url(request))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def delete_channel(request: PageRequest, channel: UUID) -> HttpResponse:
    """A question first: deliveries and rules go too."""
    workspace = request.place.workspace_id
    if request.method == "POST":
        gone = channels.delete_channel(workspace, channel)
        messages.success(request, f"{gone.name} is deleted.")
        return HttpResponseRedirect(index_url(request))
    found = channels.read_channel(workspace, channel)
    uses = channel_uses.uses_of(workspace, channel)
    waiting = delivery_log.count_waiting(workspace, channel)
    context = {
        "channel": found,
        "uses": uses,
        "rules": len({use.id for use in uses if use.is_lost}),
        "waiting": waiting,
        "index_url": index_url(request),
    }
    return page(request, "notifications/delete_channel.html", context)


def say(request: PageRequest, sent: sending.Sent, delivered: str) -> None:
    if sent.failure is None:
        messages.success(request, f"{delivered} in {sent.seconds:.1f} s.")
    else:
        messages.error(request, sent.answer)


def sample(request: PageRequest, *, is_test: bool = True) -> Any:
    place = request.place
    return samples.sample_message(
        place.workspace_id, account=place.account_handle, handle=place.workspace_handle, is_test=is_test
    )


def index_url(request: PageRequest) -> str:
    return reverse("notifications", args=[request.place.account_handle, request.place.workspace_handle])


def refusal(request: PageRequest) -> str:
    """Why the buttons that change something cannot be pressed; empty when they can."""
    if Permission.MANAGE_NOTIFICATIONS in request.place.grants:
        return ""
    return f"Your role here is {request.place.role}; this needs the Developer role"


def mark_of(request: PageRequest, address: str) -> str:
    """What a working test is remembered by, in the form: this address, in this workspace."""
    return hashlib.sha256(f"{request.place.workspace_id} {address.strip()}".encode()).hexdigest()


def is_tested(request: PageRequest, address: str) -> bool:
    try:
        mark = signing.loads(request.POST.get("tested", ""), salt="notifications.tested", max_age=TESTED_SECONDS)
    except signing.BadSignature:
        return False
    return bool(mark == mark_of(request, address))
