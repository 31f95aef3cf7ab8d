"""HTML doors of a connected Slack workspace: what uses it, who is linked to whom, and how to disconnect it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from controlplane.ui.page import page
from notifications import looks
from notifications.pages import listing
from notifications.services import slack_links, slack_teams
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def show_team(request: PageRequest, team: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    row = slack_teams.read_team(workspace, team)
    refused = listing.refusal(request)
    context = {
        "team": row,
        "channels": [(one, *looks.channel_status(one)) for one in slack_teams.channels_of(workspace, row.team_id)],
        "people": [(link, bool(refused) and link.person_id != request.user.id) for link in slack_links.list_links(row)],
        "own": request.user.id,
        "refused": refused,
        "index_url": listing.index_url(request),
    }
    return page(request, "notifications/slack_team.html", context)


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def disconnect_team(request: PageRequest, team: UUID) -> HttpResponse:
    """A question first."""
    workspace = request.place.workspace_id
    row = slack_teams.read_team(workspace, team)
    if request.method != "POST":
        context = {
            "team": row,
            "channels": slack_teams.channels_of(workspace, row.team_id),
            "people": len(slack_links.list_links(row)),
            "index_url": listing.index_url(request),
        }
        return page(request, "notifications/disconnect_team.html", context)
    slack_teams.disconnect_team(workspace, team, now=request.now)
    messages.success(request, f"{row.name or 'Slack'} is disconnected. Its token is forgotten here.")
    return HttpResponseRedirect(listing.index_url(request))


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def remove_link(request: PageRequest, team: UUID, link: UUID) -> HttpResponse:
    """One's own, or anybody's for those who manage channels."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    place = request.place
    row = slack_teams.read_team(place.workspace_id, team)
    may_manage = Permission.MANAGE_NOTIFICATIONS in place.grants
    gone = slack_links.remove_link(row, link, by=request.user.id, may_manage=may_manage)
    messages.success(request, f"{gone} is no longer linked. The next click in Slack asks again who it is.")
    return HttpResponseRedirect(reverse("slack_team", args=[place.account_handle, place.workspace_handle, team]))
