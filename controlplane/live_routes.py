"""The roof of the live pages: which room answers which route, and who may follow."""

from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl

from django.db import close_old_connections
from django.http import parse_cookie

from controlplane.errors import Refused
from controlplane.live.doors import Feed, Found, Visit, find_door
from controlplane.live.serving import Receive, Scope, Send, serve
from controlplane.live.sessions import find_person
from controlplane.ui.zones import zone_of
from workspaces.doors import find_place
from workspaces.services import callers

# The rooms' pages bring their live doors.
import_module("controlplane.urls")


def is_live(scope: Scope) -> bool:
    return scope["path"].endswith("/live") and scope["method"] == "GET" and find_door(scope["path"]) is not None


async def serve_live(scope: Scope, receive: Receive, send: Send) -> None:
    found = find_door(scope["path"])
    assert found is not None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    await serve(receive, send, partial(admit, found, headers, scope["query_string"].decode("latin-1")))


def admit(found: Found, headers: dict[str, str], query_string: str) -> tuple[Visit, Any]:
    """The same walls as those of a page: signed in, a member (or it does not exist), and permitted."""
    close_old_connections()
    arguments = dict(found.arguments)
    cookies = parse_cookie(headers.get("cookie", ""))
    caller = callers.caller_of_user(find_person(cookies))
    place = find_place(caller, arguments.pop("account"), arguments.pop("workspace"))
    if found.door.needs not in place.grants:
        raise Refused(f"Your role here is {place.role}. This page needs '{found.door.needs}': ask an owner.")
    query = dict(parse_qsl(query_string))
    last = query.get("last") or headers.get("last-event-id", "")
    visit = Visit(place, place.workspace_id, query, last, zone_of(cookies))

    def begin(visit: Visit) -> Feed:
        return found.door.open(visit, **arguments)

    return visit, begin
