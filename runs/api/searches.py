"""REST doors of saved searches."""

from uuid import UUID

from controlplane.wire.doors import Call, Reply, delete, get, post, put
from runs.services import searches
from runs.wire.searches import SavedSearch, SavedSearchCreate, SearchListing
from workspaces.permissions import Permission


@put("saved_searches", needs=Permission.RUN_FLOWS)
def save_search(call: Call, body: SavedSearchCreate) -> Reply[SavedSearch]:
    search, created = searches.save_search(call.workspace, body, now=call.now)
    return Reply(search, 201 if created else 200)


@get("saved_searches/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_search(call: Call, id: UUID) -> SavedSearch:
    return searches.read_search(call.workspace, id)


@post("saved_searches/filter", needs=Permission.SEE_FLOWS)
def filter_searches(call: Call, body: SearchListing) -> list[SavedSearch]:
    return searches.list_searches(call.workspace, body)


@delete("saved_searches/<uuid:id>", needs=Permission.RUN_FLOWS)
def delete_search(call: Call, id: UUID) -> None:
    searches.delete_search(call.workspace, id)
