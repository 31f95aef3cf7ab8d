"""HTML doors of alerts and of the list of every delivery."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from controlplane.errors import Problem
from controlplane.ui.page import page
from notifications import looks
from notifications.pages import listing
from notifications.services import alert_rules, alert_runs, alerts, channels, delivery_log
from notifications.wire.alerts import Alert, AlertFilter, AlertListing, Snooze
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

PAGE_SIZE = 50
LAST_PAGE = 10_000
TABS = (("", "Open", "OPEN"), ("acknowledged", "Acknowledged", "ACKNOWLEDGED"), ("snoozed", "Snoozed", "SNOOZED"),
        ("resolved", "Resolved", "RESOLVED"))  # fmt: skip
SNOOZES = ((1, "1 hour"), (4, "4 hours"), (24, "1 day"), (168, "1 week"))


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def list_alerts(request: PageRequest) -> HttpResponse:
    workspace = request.place.workspace_id
    key = request.GET.get("state", "")
    wanted = next((state for name, _, state in TABS if name == key), "OPEN")
    start = offset_of(request)
    body = msgspec.convert({"alerts": {"state": [wanted]}, "limit": PAGE_SIZE + 1, "offset": start}, AlertListing)
    found = alerts.list_alerts(workspace, body)
    names = {rule.id: rule.name for rule in alert_rules.list_rules(workspace)}
    tabs = [
        (words, f"?state={name}" if name else request.path, state == wanted, count_of(workspace, state))
        for name, words, state in TABS
    ]
    context = {
        "rows": [(alert, looks.alert_subject(alert), names[alert.policy_id]) for alert in found[:PAGE_SIZE]],
        "tabs": tabs,
        "wanted": wanted,
        "index_url": listing.index_url(request),
        **turning(request, start, len(found)),
    }
    return page(request, "notifications/alerts.html", context)


def count_of(workspace: UUID, state: str) -> int:
    return alerts.count_alerts(workspace, msgspec.convert({"state": [state]}, AlertFilter))


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def show_alert(request: PageRequest, alert: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    found = alerts.read_alert_of(workspace, alert)
    rules = alert_rules.list_rules(workspace)
    told = delivery_log.list_of_alert(workspace, alert)
    start = offset_of(request)
    run_rows = alert_runs.list_runs(workspace, alert, limit=PAGE_SIZE + 1, offset=start)
    context = {
        "alert_id": str(alert),
        "run_rows": run_rows[:PAGE_SIZE],
        "runs_total": alert_runs.count_runs(workspace, alert),
        "alert": found,
        "subject": looks.alert_subject(found),
        "look": looks.alert_status(found),
        "policy": next(rule for rule in rules if rule.id == found.policy_id),
        "deliveries": looks.delivery_rows(told, list(channels.list_channels(workspace)), rules),
        "events": events_of(found),
        "snoozes": SNOOZES,
        "refused": listing.refusal(request),
        "index_url": listing.index_url(request),
        **turning(request, start, len(run_rows)),
    }
    return page(request, "notifications/alert.html", context)


def events_of(alert: Alert) -> list[Any]:
    """The newest and the first event; one row when they are of the same run."""
    if alert.count == 1 or alert.first.flow_run_id == alert.last.flow_run_id:
        return [("Last", alert.last)]
    return [("Last", alert.last), ("First", alert.first)]


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def change_alert(request: PageRequest, alert: UUID) -> HttpResponse:
    """Acknowledge, snooze or resolve."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    place, by, now = request.place, request.caller.name, request.now
    action, hours = request.POST.get("action", ""), request.POST.get("hours", "")
    try:
        if action == "acknowledge":
            alerts.acknowledge(place.workspace_id, alert, by=by, now=now)
            messages.success(request, "Acknowledged: no more reminders until it is over.")
        elif action == "snooze" and hours in {str(number) for number, _ in SNOOZES}:
            until = now + timedelta(hours=int(hours))
            alerts.snooze(place.workspace_id, alert, Snooze(until=until), by=by, now=now)
            messages.success(request, "Snoozed.")
        elif action == "resolve":
            alerts.resolve(place.workspace_id, alert, by=by, now=now)
            messages.success(request, "Resolved.")
        else:
            messages.error(request, "Choose what to do with the alert.")
    except Problem as problem:
        messages.error(request, problem.detail)
    return HttpResponseRedirect(reverse("alert", args=[place.account_handle, place.workspace_handle, alert]))


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def offset_of(request: PageRequest) -> int:
    number = request.GET.get("page", "1")
    return (min(max(int(number), 1), LAST_PAGE) - 1) * PAGE_SIZE if number.isascii() and number.isdigit() else 0


def turning(request: PageRequest, start: int, found: int) -> dict[str, str]:
    """Addresses of the neighbouring pages; one row more than a page was asked for."""
    number = start // PAGE_SIZE + 1
    kept = {name: value for name, value in request.GET.items() if name != "page" and value}
    older = "?" + urlencode({**kept, "page": number + 1}) if found > PAGE_SIZE else ""
    newer = "?" + urlencode({**kept, "page": number - 1}) if number > 1 else ""
    return {"older_url": older, "newer_url": newer}
