"""Search or jump to: pages, and what the workspace holds, by name or id. Roof: it reads every room."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.http import HttpResponse
from django.urls import NoReverseMatch, path, reverse
from msgspec import Struct

from controlplane.frame import navigation
from controlplane.sql.statements import Statements
from controlplane.ui.page import page
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services.callers import Place

ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
NO_ID = UUID(int=0)
LONGEST_QUERY = 200
RUNS_OF = timedelta(days=30)
ICONS = {
    "run": "runs",
    "task_run": "runs",
    "deployment": "deployment",
    "flow": "flow",
    "work_pool": "pool",
    "block": "block",
    "variable": "variable",
}
HEADINGS = {
    "run": "Runs",
    "task_run": "Runs",
    "deployment": "Deployments",
    "flow": "Flows",
    "work_pool": "Work pools",
    "block": "Blocks",
    "variable": "Variables",
}


class Thing(Struct, frozen=True):
    """What was found. `key` is what its page is called by."""

    kind: str
    key: str
    name: str
    detail: str | None


class Link(Struct, frozen=True):
    """A line of the list."""

    title: str
    url: str
    icon: str
    detail: str


find_things = Statements(Path(__file__).parent / "palette.sql").all("find_things", Thing)


@workspace_page(needs=Permission.SEE_FLOWS)
def palette(request: PageRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]
    groups: dict[str, list[Link]] = {}
    if pages := matching_pages(request.place, query):
        groups["Pages"] = pages
    if query:
        for thing in search(request, query):
            if link := link_to(request.place, thing):
                groups.setdefault(HEADINGS[thing.kind], []).append(link)
    context = {"groups": groups, "query": query}
    return page(request, "palette/palette.html", context, fragment="palette/_results.html")


def matching_pages(place: Place, query: str) -> list[Link]:
    entries = [entry for group in navigation(place) for entry in group.entries]
    fitting = [entry for entry in entries if query.lower() in entry.title.lower()]
    return [Link(entry.title, entry.url, entry.icon, "page") for entry in fitting]


def search(request: PageRequest, query: str) -> list[Thing]:
    """By a part of the name; by the id when there is one in the query: the last one of a pasted link is the thing's."""
    found = ID.findall(query)
    return find_things(
        workspace=request.place.workspace_id,
        id=UUID(found[-1]) if found else NO_ID,
        pattern=f"%{escape_pattern(query)}%",
        since=request.now - RUNS_OF,
    )


def escape_pattern(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def link_to(place: Place, thing: Thing) -> Link | None:
    """None for a kind that has no page yet."""
    try:
        url = reverse(thing.kind, args=[place.account_handle, place.workspace_handle, thing.key])
    except NoReverseMatch:
        return None
    return Link(thing.name, url, ICONS[thing.kind], thing.detail or "")


urlpatterns = [path("palette", palette, name="palette")]
