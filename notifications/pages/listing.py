"""HTML door: channels, policies and deliveries on one page; and what its other pages need of it."""

from datetime import timedelta

from django.http import HttpResponse
from django.urls import reverse

from controlplane.ui.page import page
from notifications import looks
from notifications.rules.starting_points import STARTING_POINTS
from notifications.services import alert_rules, channels, deliveries, naming, policies
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission


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


def index_url(request: PageRequest) -> str:
    return reverse("notifications", args=[request.place.account_handle, request.place.workspace_handle])


def refusal(request: PageRequest) -> str:
    """Why the buttons that change something cannot be pressed; empty when they can."""
    if Permission.MANAGE_NOTIFICATIONS in request.place.grants:
        return ""
    return f"Your role here is {request.place.role}; this needs the Developer role"
