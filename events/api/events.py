"""REST doors of events."""

from controlplane.wire.doors import Call, get, post
from events.services import counting, reading, storage
from events.wire.events import Event, EventCount, EventPage
from events.wire.filters import EventsCount, EventsFilter, NextPage, read_countable
from workspaces.permissions import Permission


@post("events", needs=Permission.WRITE_EVENTS, status=204, strip_nul=True)
def create_events(call: Call, body: list[Event], raw: bytes) -> None:
    storage.store_events(call.workspace, body, raw, now=call.now)


@post("events/filter", needs=Permission.SEE_EVENTS)
def read_events(call: Call, body: EventsFilter | None = None) -> EventPage:
    body = body or EventsFilter()
    return reading.read_first_page(call.workspace, body.filter, body.limit, now=call.now, root_url=call.root_url)


@get("events/filter/next", needs=Permission.SEE_EVENTS)
def read_next_events(call: Call, query: NextPage) -> EventPage:
    return reading.read_next_page(call.workspace, query.page_token, root_url=call.root_url)


@post("events/count-by/<str:countable>", needs=Permission.SEE_EVENTS)
def count_events(call: Call, countable: str, body: EventsCount, raw: bytes) -> list[EventCount]:
    by = read_countable(countable, raw)
    return counting.count_by(call.workspace, by, body.filter, body.time_unit, body.time_interval, now=call.now)
