"""HTML doors of the Slack app: connecting it, choosing a channel, saying who one is in Slack, its manifest."""

import secrets
import time
from typing import Any
from uuid import UUID

import msgspec
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from controlplane.acting import acting, of_request
from controlplane.errors import Conflict, Invalid, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.errors import error_page
from controlplane.ui.page import page
from controlplane.wire.structs import BadField
from notifications.channels.contract import DeliveryFailed
from notifications.channels.drafts import draft
from notifications.channels.slack_app import TOKEN
from notifications.forms.slack import SlackChannelForm
from notifications.pages import listing, slack_webhook, trying
from notifications.services import alert_rules, channels, sending, slack_people, slack_teams, testing_limits
from notifications.services.slack_teams import Installed
from workspaces.doors import PageRequest, SignedInRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services import callers

SALT = "notifications.slack.install"
STATES = "slack_installs"
STATE_SECONDS = 600
MOST_STATES = 5
CANCELLED = "You cancelled in Slack. Nothing was changed."
STALE = "This answer of Slack is too old, was used before, or belongs to another browser. Press Add to Slack once more."


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def install(request: PageRequest) -> HttpResponse:
    """On to Slack's dialog. What comes back is taken once, within ten minutes, by this session only."""
    if slack_teams.why_no_button():
        return HttpResponseRedirect(connect_url(request.place))
    nonce = secrets.token_urlsafe(24)
    kept = {**fresh_states(request), nonce: [str(request.place.workspace_id), time.time()]}
    request.session[STATES] = dict(list(kept.items())[-MOST_STATES:])
    return HttpResponseRedirect(slack_teams.authorize_url(signing.dumps(nonce, salt=SALT)))


def fresh_states(request: Any) -> dict[str, Any]:
    kept = request.session.get(STATES, {})
    return {nonce: state for nonce, state in kept.items() if time.time() - state[1] < STATE_SECONDS}


@login_required
def installed(request: SignedInRequest) -> HttpResponse:
    """Slack leads back here, with a code or with the news that the person did not want it."""
    place = take_state(request)
    if place is None:
        return error_page(request, 400, reason=STALE)
    if Permission.MANAGE_NOTIFICATIONS not in place.grants:
        return error_page(request, 403, reason=f"Your role here is {place.role}; this needs the Developer role.")
    if request.GET.get("error"):
        is_own = request.GET["error"] == "access_denied"
        messages.warning(request, CANCELLED if is_own else "Slack did not install the app. Nothing was changed.")
        return HttpResponseRedirect(connect_url(place))
    try:
        return keep(request, place, slack_teams.exchange(request.GET.get("code", "")[:500]))
    except DeliveryFailed as failed:
        messages.error(request, failed.reason)
        return HttpResponseRedirect(connect_url(place))


def take_state(request: SignedInRequest) -> callers.Place | None:
    """The workspace that an answer of Slack is for. It is forgotten at once: a state is good for one answer."""
    try:
        nonce = signing.loads(request.GET.get("state", ""), salt=SALT, max_age=STATE_SECONDS)
    except signing.BadSignature:
        return None
    kept = fresh_states(request)
    state = kept.pop(str(nonce), None)
    request.session[STATES] = kept
    if state is None:
        return None
    return callers.caller_of_user(request.user).places.get(UUID(state[0]))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def paste_token(request: PageRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    token = request.POST.get("token", "").strip()
    if not TOKEN.fullmatch(token) or not token.startswith("xoxb-"):
        messages.error(request, "That is not a bot token: it starts with xoxb-. Nothing was changed.")
        return HttpResponseRedirect(connect_url(request.place))
    if testing_limits.is_too_often(request.caller.actor_id):
        messages.error(request, testing_limits.TOO_OFTEN)
        return HttpResponseRedirect(connect_url(request.place))
    try:
        return keep(request, request.place, slack_teams.ask_about(token))
    except DeliveryFailed as failed:
        messages.error(request, failed.reason)
        return HttpResponseRedirect(connect_url(request.place))


def keep(request: Any, place: callers.Place, told: Installed) -> HttpResponse:
    request.caller, request.place = callers.caller_of_user(request.user), place
    with acting(of_request(request, "page")), workspace_transaction(place.workspace_id):
        team = slack_teams.keep_team(place.workspace_id, told)
    messages.success(request, f"{team.name or 'Slack'} is connected. Now choose a channel.")
    url = reverse("slack_app_channel", args=[place.account_handle, place.workspace_handle, team.id])
    return HttpResponseRedirect(url)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def choose_channel(request: PageRequest, team: UUID) -> HttpResponse:
    """Test and save are buttons of one form, as for a pasted webhook. Nothing is stored before Save."""
    with workspace_transaction(request.place.workspace_id):
        row = slack_teams.read_team(request.place.workspace_id, team)
    if request.method != "POST":
        first = {"channel": row.suggested_channel, "name": slack_webhook.free_name(request), "rules": ["failed"]}
        return channel_page(request, row, SlackChannelForm(initial=first))
    form = SlackChannelForm(request.POST)
    action = request.POST.get("action")
    if action == "test":
        form.forget_name()
        if testing_limits.is_too_often(request.caller.actor_id):
            form.add_error(None, testing_limits.TOO_OFTEN)
    if not form.is_valid():
        return channel_page(request, row, form, status=422)
    try:
        given = slack_teams.settings_for(request.place.workspace_id, team, form.cleaned_data["channel"])
    except (BadField, DeliveryFailed) as problem:
        form.add_error("channel", str(problem))
        return channel_page(request, row, form, status=422)
    what = f"{row.team_id} {given['channel']}".encode()
    if action == "test":
        return try_channel(request, row, form, given, what)
    if action != "save_untested" and not trying.is_tested(request, what):
        return channel_page(request, row, form, asks_untested=True)
    return save_channel(request, row, form, given)


def try_channel(
    request: PageRequest, row: Any, form: SlackChannelForm, given: dict[str, Any], what: bytes
) -> HttpResponse:
    try:
        sent = channels.try_settings(request.place.workspace_id, "slack-app", given, trying.sample(request))
    except Problem as problem:
        form.add_error("channel", problem.detail)
        return channel_page(request, row, form, status=422)
    tested = "" if sent.failure else trying.proof(request, what)
    return channel_page(request, row, form, sent=sent, tested=tested)


def save_channel(request: PageRequest, row: Any, form: SlackChannelForm, given: dict[str, Any]) -> HttpResponse:
    values, workspace = form.cleaned_data, request.place.workspace_id
    try:
        with workspace_transaction(workspace):
            channel = channels.create_channel(workspace, kind="slack-app", name=values["name"], settings=given)
            alert_rules.create_rules(workspace, channel.id, values["rules"])
    except (Conflict, Invalid) as problem:
        form.add_error("name", problem.detail)
        return channel_page(request, row, form, status=422)
    messages.success(request, f"{channel.name} is connected.")
    url = listing.index_url(request)
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


def channel_page(
    request: PageRequest,
    row: Any,
    form: SlackChannelForm,
    *,
    sent: sending.Sent | None = None,
    tested: str | None = None,
    asks_untested: bool = False,
    status: int = 200,
) -> HttpResponse:
    context = {
        "team": row,
        "form": form,
        "sent": sent,
        "tested": request.POST.get("tested", "") if tested is None else tested,
        "asks_untested": asks_untested,
        "preview": draft(trying.sample(request, is_test=False)),
        "now": request.now,
        "has_clicks": bool(settings.SLACK_APP_TOKEN or settings.SLACK_SIGNING_SECRET),
        "index_url": listing.index_url(request),
        "connect_url": connect_url(request.place),
    }
    return page(
        request,
        "notifications/slack_channel.html",
        context,
        fragment="notifications/_slack_channel.html",
        status=status,
    )


def connect_url(place: callers.Place) -> str:
    return reverse("new_slack_channel", args=[place.account_handle, place.workspace_handle])


@login_required
def link_person(request: SignedInRequest) -> HttpResponse:
    """A person says that a Slack user is themselves. It is asked, and done by a POST: a link may come from anybody."""
    token = request.POST.get("token", "") or request.GET.get("token", "")
    try:
        who = slack_people.read_link(token)
        if request.method == "POST":
            place = slack_people.link(request.user, who)
            context: dict[str, Any] = {"who": who, "place": place, "is_linked": True}
            return unstored(page(request, "notifications/slack_link.html", context))
        place_of = callers.caller_of_user(request.user).places.get(who.workspace)
    except Problem as problem:
        return error_page(request, problem.status, reason=problem.detail)
    if place_of is None:
        return error_page(request, 404, reason="You are not a member of the workspace that this message is about.")
    return unstored(page(request, "notifications/slack_link.html", {"who": who, "place": place_of, "token": token}))


@login_required
def show_app(request: SignedInRequest) -> HttpResponse:
    """For the operator: the app to make in Slack, and the settings that connect it. Nothing here is secret."""
    manifest = msgspec.json.format(msgspec.json.encode(slack_teams.manifest()), indent=2).decode()
    context = {
        "manifest": manifest,
        "is_https": settings.PUBLIC_URL.startswith("https://"),
        "public_url": settings.PUBLIC_URL,
        "given": [
            (name, bool(getattr(settings, name.removeprefix("SIGNALBOX_"))), where)
            for name, where in (
                ("SIGNALBOX_SLACK_CLIENT_ID", "Basic Information, App Credentials"),
                ("SIGNALBOX_SLACK_CLIENT_SECRET", "the same place"),
                ("SIGNALBOX_SLACK_SIGNING_SECRET", "the same place; for clicks over HTTP"),
                ("SIGNALBOX_SLACK_APP_TOKEN", "App-Level Tokens, with connections:write; for Socket Mode"),
            )
        ],
    }
    return page(request, "notifications/slack_app.html", context)


def unstored(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response
