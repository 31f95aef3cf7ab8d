"""What happened in a workspace, newest first."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.http import HttpResponse
from django.urls import reverse

from controlplane.errors import NotFound, Problem
from controlplane.ui.page import page
from events.pages import live
from events.pages.feed_filter import DEFAULT, SPANS, Asked, read_query
from events.pages.history import draw_history
from events.pages.links import page_of
from events.services import reading
from events.wire.events import RESOURCE_ID, ROLE
from events.wire.filters import EventFilter, EventIDFilter
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission

__all__ = ["event_page", "feed_page", "live"]

PAGE = 50
NAME = "prefect.resource.name"


@workspace_page(needs=Permission.SEE_EVENTS)
def feed_page(request: PageRequest) -> HttpResponse:
    workspace, asked = request.place.workspace_id, read_query(request.GET.dict(), request.now)
    try:
        after = reading.decode_token(token) if (token := request.GET.get("after", "")) else None
    except Problem:
        after = None
    filter = asked.filter() if after is None else after.filter
    found = reading.find_events(workspace, filter, PAGE + 1, after)
    events = found[:PAGE]
    older = ""
    if len(found) > PAGE:
        place = msgspec.structs.replace(reading.after_event(events[-1]), filter=filter, page_size=PAGE)
        older = asked.address(after=reading.encode_token(place))
    top = events[0].occurred.isoformat() if events else ""
    context = {
        "rows": [row(event) for event in events], "asked": asked.words, "span": asked.words.get("span", DEFAULT),
        "older": older, "spans": [(key, words) for key, (words, _) in SPANS.items()], "chips": chips(asked),
        "newest": asked.address() if after else "", "wider": asked.address(**{"from": "", "to": ""}),
        "live_url": "" if after or asked.is_part else live_url(request, asked, top),
        **draw_history(workspace, asked, now=request.now),
    }  # fmt: skip
    return page(request, "events/feed.html", context)


def live_url(request: PageRequest, asked: Asked, top: str) -> str:
    address = reverse("event_feed", args=[request.place.account_handle, request.place.workspace_handle])
    return f"{address}/live{asked.address(top=top)}"


def chips(asked: Asked) -> list[tuple[str, str]]:
    """What narrows the feed, each with the address without it."""
    titles = {"event": "Event", "resource": "Resource", "text": "Text"}
    found = [(f"{titles[key]}: {asked.words[key]}", asked.address(**{key: ""})) for key in titles if key in asked.words]
    if asked.is_part:
        words = f"{asked.since:%b %-d %H:%M:%S} to {asked.until:%b %-d %H:%M:%S} UTC"
        found.append((words, asked.address(**{"from": "", "to": ""})))
    return found


@workspace_page(needs=Permission.SEE_EVENTS)
def event_page(request: PageRequest, id: UUID) -> HttpResponse:
    workspace = request.place.workspace_id
    event = find_event(workspace, id, request)
    if event is None:
        raise NotFound("There is no such event in this workspace, or it is older than what is kept.")
    follows = None if event.follows is None else find_event(workspace, event.follows, request)
    value = as_json(event)
    context = {
        "row": row(event), "section": "Event feed", "follows": follows,
        "subject": involved(value["resource"]), "related": [involved(one) for one in value["related"]],
        "payload": json.dumps(value["payload"], indent=2, ensure_ascii=False) if value["payload"] else "",
    }  # fmt: skip
    return page(request, "events/event.html", context)


def find_event(workspace: UUID, id: UUID, request: PageRequest) -> Any:
    filter = reading.fix_ends(EventFilter(id=EventIDFilter(id=[id])), request.now)
    return next(iter(reading.find_events(workspace, filter, 1, None)), None)


def involved(resource: Any) -> dict[str, Any]:
    """A resource with its page, and the feed of what happened to it."""
    id, (view, argument) = resource.get(RESOURCE_ID, ""), page_of(resource)
    return {
        "role": resource.get(ROLE, ""), "name": resource.get(NAME) or id, "id": id, "view": view,
        "argument": argument, "feed": "?" + urlencode({"resource": id, "span": "7d"}),
        "labels": [(key, value) for key, value in resource.items() if key not in (RESOURCE_ID, ROLE, NAME)],
    }  # fmt: skip


def row(event: Any) -> dict[str, Any]:
    """An event, with its JSON and what an automation would be pre-filled with."""
    value = as_json(event)
    resource = value.get("resource", {})
    return {
        "event": event, "id": value["id"], "resource": resource.get(RESOURCE_ID, ""), "name": resource.get(NAME, ""),
        "json": json.dumps(value, indent=2, ensure_ascii=False),
        "automate": "?" + urlencode({"from": "event", "event": value["event"],
                                     "resource": resource.get(RESOURCE_ID, "")}),
    }  # fmt: skip


def as_json(event: Any) -> dict[str, Any]:
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(event))
    return made
