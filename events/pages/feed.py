"""What happened in a workspace, newest first."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.http import HttpResponse

from controlplane.errors import NotFound, Problem
from controlplane.ui.page import page
from events.services import reading
from events.wire.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventIDFilter,
    EventNameFilter,
    EventOccurredFilter,
    EventTextFilter,
)
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

PAGE = 50
LONGEST = 200
SPANS = {"1h": ("hour", timedelta(hours=1)), "1d": ("day", timedelta(days=1)), "7d": ("7 days", timedelta(days=7)),
         "30d": ("30 days", timedelta(days=30)), "180d": ("180 days", timedelta(days=180))}  # fmt: skip


@workspace_page(needs=Permission.SEE_EVENTS)
def feed_page(request: PageRequest) -> HttpResponse:
    workspace, asked = request.place.workspace_id, asked_of(request)
    try:
        after = reading.decode_token(token) if (token := request.GET.get("after", "")) else None
    except Problem:
        after = None
    filter = filter_of(asked, request) if after is None else after.filter
    found = reading.find_events(workspace, filter, PAGE + 1, after)
    events = found[:PAGE]
    older = ""
    if len(found) > PAGE:
        place = msgspec.structs.replace(reading.after_event(events[-1]), filter=filter, page_size=PAGE)
        older = "?" + urlencode({**asked, "after": reading.encode_token(place)})
    context = {
        "rows": [row(event) for event in events], "asked": asked, "older": older,
        "spans": [(key, words) for key, (words, _) in SPANS.items()], "newest": "?" + urlencode(asked) if after else "",
    }  # fmt: skip
    return page(request, "events/feed.html", context)


def asked_of(request: PageRequest) -> dict[str, str]:
    names = ("event", "resource", "text")
    asked = {name: request.GET.get(name, "").replace("\0", "").strip()[:LONGEST] for name in names}
    span = request.GET.get("span", "1d")
    return {**asked, "span": span if span in SPANS else "1d"}


def filter_of(asked: dict[str, str], request: PageRequest) -> EventFilter:
    filter = EventFilter(occurred=EventOccurredFilter(since=request.now - SPANS[asked["span"]][1], until=request.now))
    if asked["event"]:
        filter.event = EventNameFilter(prefix=[asked["event"].removesuffix("*")])
    if asked["resource"]:
        filter.any_resource = EventAnyResourceFilter(id_prefix=[asked["resource"].removesuffix("*")])
    if asked["text"]:
        filter.text = EventTextFilter(query=asked["text"])
    return filter


@workspace_page(needs=Permission.SEE_EVENTS)
def event_page(request: PageRequest, id: UUID) -> HttpResponse:
    filter = reading.fix_ends(EventFilter(id=EventIDFilter(id=[id])), request.now)
    found = reading.find_events(request.place.workspace_id, filter, 1, None)
    if not found:
        raise NotFound("There is no such event in this workspace, or it is older than what is kept.")
    return page(request, "events/event.html", {"row": row(found[0]), "section": "Event feed"})


def row(event: Any) -> dict[str, Any]:
    """An event, with its JSON and what an automation would be pre-filled with."""
    value = msgspec.to_builtins(msgspec.json.decode(msgspec.json.encode(event)))
    resource = value.get("resource", {})
    return {
        "event": event, "id": value["id"], "resource": resource.get("prefect.resource.id", ""),
        "name": resource.get("prefect.resource.name", ""), "json": json.dumps(value, indent=2, ensure_ascii=False),
        "automate": "?" + urlencode({"from": "event", "event": value["event"],
                                     "resource": resource.get("prefect.resource.id", "")}),
    }  # fmt: skip
