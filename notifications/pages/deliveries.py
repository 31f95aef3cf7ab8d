"""HTML doors of deliveries: every message that was sent or is to be, what it looked like, and what came back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from csp.decorators import csp_update
from django.contrib import messages
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from controlplane.errors import NotFound, Problem
from controlplane.sql.transactions import workspace_transaction
from controlplane.ui.page import page
from notifications import looks
from notifications.channels import KINDS
from notifications.channels.drafts import draft
from notifications.models import Channel, Outbox
from notifications.pages import listing, trying
from notifications.pages.alerts import PAGE_SIZE, offset_of, turning, uuid_or_none
from notifications.pages.slack_picture import picture_of
from notifications.services import alert_rules, channels, deliveries, delivery_log, renderings
from notifications.wire.channels import DeliveryListing
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

RESULTS = (("WAITING", "Waiting"), ("DELIVERED", "Delivered"), ("FAILED", "Failed"), ("NOT_SENT", "Not sent"))
PERIODS = (
    ("1h", "Last hour", 1),
    ("24h", "Last 24 hours", 24),
    ("7d", "Last 7 days", 168),
    ("30d", "Last 30 days", 720),
)
LETTER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
HIDDEN = ("run", "alert")
"""Filters that other pages link to, and that have no control."""


@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def list_deliveries(request: PageRequest) -> HttpResponse:
    """A filter that cannot be is left out: an old address still opens the list."""
    workspace = request.place.workspace_id
    kept = alert_rules.list_rules(workspace)
    listed = list(channels.list_channels(workspace))
    start = offset_of(request)
    found = delivery_log.list_rows(workspace, asked(request, start))
    context = {
        "rows": looks.delivery_rows(found[:PAGE_SIZE], listed, kept),
        "choices": [
            ("result", "Result", RESULTS),
            ("channel", "Channel", [(str(one.id), one.name) for one in listed]),
            ("kind", "Kind of channel", kinds_of(listed)),
            ("policy", "Policy", [(str(one.id), one.name) for one in kept]),
            ("what", "Message", list(looks.WHATS.items())),
            ("when", "When", [(key, words) for key, words, _ in PERIODS]),
        ],
        "chosen": request.GET.dict(),
        "hidden": [(name, request.GET[name]) for name in HIDDEN if uuid_or_none(request.GET.get(name, ""))],
        "refused": listing.refusal(request),
        "index_url": listing.index_url(request),
        **turning(request, start, len(found)),
    }
    return page(request, "notifications/deliveries.html", context)


def kinds_of(listed: list[Channel]) -> list[tuple[str, str]]:
    return sorted({(one.kind, KINDS[one.kind].title) for one in listed if one.kind in KINDS})


def asked(request: PageRequest, start: int) -> DeliveryListing:
    given = request.GET
    values: dict[str, Any] = {
        "status": given.get("result") if given.get("result") in dict(RESULTS) else None,
        "what": given.get("what") if given.get("what") in looks.WHATS else None,
        "kind": given.get("kind") if given.get("kind") in KINDS else None,
        "limit": PAGE_SIZE + 1,
        "offset": start,
        "created_after": moment(given.get("from", "")) or beginning(given.get("when", ""), request.now),
        "created_before": moment(given.get("to", "")),
    }
    places = (("channel", "channel_id"), ("run", "flow_run_id"), ("alert", "alert_id"), ("policy", "policy_id"))
    for name, field in places:
        values[field] = uuid_or_none(given.get(name, ""))
    return msgspec.convert(values, DeliveryListing)


def beginning(key: str, now: datetime) -> datetime | None:
    hours = {name: number for name, _, number in PERIODS}.get(key)
    return None if hours is None else now - timedelta(hours=hours)


def moment(text: str) -> datetime | None:
    """As a browser's field has it, in the time zone of the pages."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return None
    return timezone.make_aware(given) if given.tzinfo is None else given


@csp_update({"frame-src": ["'self'"]})
@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def show_delivery(request: PageRequest, delivery: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    found = deliveries.read_delivery(workspace, delivery)
    listed = list(channels.list_channels(workspace))
    shown = rendering(request, found)
    body = shown.rendered.body
    attempts = looks.attempts_of(found)
    context = {
        "row": looks.delivery_rows([found], listed, alert_rules.list_rules(workspace))[0],
        "channel": next((channel for channel in listed if channel.id == found.channel_id), None),
        "title": shown.title,
        "message": shown.message,
        "rendered": shown.rendered,
        "picture": picture_of(body),
        "preview": draft(shown.message),
        "payload": "" if body is None else looks.indented(body),
        "letter_url": f"{request.path}/letter" if shown.rendered.html else "",
        "attempts": attempts,
        "unanswered": looks.unanswered(found, attempts),
        "press": uuid4(),
        "index_url": listing.index_url(request),
        "refused": listing.refusal(request),
    }
    return page(request, "notifications/delivery.html", context)


def rendering(request: PageRequest, row: Outbox) -> renderings.Rendering:
    place = request.place
    return renderings.of_delivery(place.workspace_id, row, account=place.account_handle, handle=place.workspace_handle)


@xframe_options_sameorigin
@workspace_page(needs=Permission.SEE_NOTIFICATIONS)
def show_letter(request: PageRequest, delivery: UUID) -> HttpResponse:
    """The HTML of a letter by itself: in a frame that may run nothing, load nothing and is nobody's origin."""
    html = rendering(request, deliveries.read_delivery(request.place.workspace_id, delivery)).rendered.html
    if not html:
        raise NotFound("This message is not a letter.")
    letter = HttpResponse(f'<!doctype html><html lang="en"><title>Letter</title><body>{html}</body></html>')
    letter["Content-Security-Policy"] = LETTER_POLICY
    return letter


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS, transaction=False)
def resend_delivery(request: PageRequest, delivery: UUID) -> HttpResponse:
    """As a delivery of its own. The button carries its press, so that pressing twice sends once."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    press = uuid_or_none(request.POST.get("press", ""))
    if press is None:
        with workspace_transaction(request.place.workspace_id):
            deliveries.read_delivery(request.place.workspace_id, delivery)
        messages.error(request, "Press the button on the message's page.")
        return HttpResponseRedirect(delivery_url(request, delivery))
    made = deliveries.resend(request.place.workspace_id, delivery, press=press)
    if made.sent is None:
        messages.info(request, "It is sent again: this is the new message.")
    else:
        trying.say(request, made.sent, "The message was delivered again")
    return HttpResponseRedirect(delivery_url(request, made.id))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def retry_delivery(request: PageRequest, delivery: UUID) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        is_new = delivery_log.retry_now(request.place.workspace_id, delivery, now=request.now)
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "It is tried again now." if is_new else "It is being tried already.")
    return HttpResponseRedirect(delivery_url(request, delivery))


@workspace_page(needs=Permission.MANAGE_NOTIFICATIONS)
def retry_deliveries(request: PageRequest) -> HttpResponse:
    """All that were given up."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    place = request.place
    count = delivery_log.retry_given_up(place.workspace_id, now=request.now)
    messages.success(request, f"{count} message{'' if count == 1 else 's'} will be tried again.")
    return HttpResponseRedirect(reverse("deliveries", args=[place.account_handle, place.workspace_handle]))


def delivery_url(request: PageRequest, delivery: UUID) -> str:
    return reverse("delivery", args=[request.place.account_handle, request.place.workspace_handle, delivery])
