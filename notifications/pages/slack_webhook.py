"""HTML doors: connecting Slack by the address of an incoming webhook."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django_htmx.http import HttpResponseClientRedirect

from controlplane.errors import Conflict, Invalid, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from notifications.channels.drafts import draft
from notifications.forms.slack import SlackForm, SlackTokenForm
from notifications.pages import listing, trying
from notifications.services import alert_rules, channels, sending, slack_teams, testing_limits
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


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
    if request.POST.get("action") != "save_untested" and not trying.is_tested(request, address.encode()):
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
        form.add_error(None, testing_limits.TOO_OFTEN)
        return slack_page(request, form, status=422)
    address = form.cleaned_data["address"]
    try:
        sent = channels.try_settings(request.place.workspace_id, "slack", {"url": address}, trying.sample(request))
    except Problem as problem:
        form.add_error("address", problem.detail)
        return slack_page(request, form, status=422)
    tested = "" if sent.failure else trying.proof(request, address.encode())
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
        url = listing.index_url(request)
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
        "preview": draft(trying.sample(request, is_test=False)),
        "now": request.now,
        "index_url": listing.index_url(request),
        **app_context(request),
    }
    response = page(
        request, "notifications/connect_slack.html", context, fragment="notifications/_slack_form.html", status=status
    )
    response["Cache-Control"] = "no-store"  # it may hold the address that was typed
    return response
