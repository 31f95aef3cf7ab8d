"""REST doors of events."""

from controlplane.wire.doors import Call, get, post
from events.services import counting, reading, storage
from events.wire.events import Event, EventCount, EventPage
from events.wire.filters import Countable, EventsCount, EventsFilter, NextPage
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


@post("events/count-by/day", needs=Permission.SEE_EVENTS)
def count_events_by_day(call: Call, body: EventsCount) -> list[EventCount]:
    return count(call, "day", body)


@post("events/count-by/time", needs=Permission.SEE_EVENTS)
def count_events_by_time(call: Call, body: EventsCount) -> list[EventCount]:
    return count(call, "time", body)


@post("events/count-by/event", needs=Permission.SEE_EVENTS)
def count_events_by_name(call: Call, body: EventsCount) -> list[EventCount]:
    return count(call, "event", body)


@post("events/count-by/resource", needs=Permission.SEE_EVENTS)
def count_events_by_resource(call: Call, body: EventsCount) -> list[EventCount]:
    return count(call, "resource", body)


def count(call: Call, countable: Countable, body: EventsCount) -> list[EventCount]:
    return counting.count_by(call.workspace, countable, body.filter, body.time_unit, body.time_interval, now=call.now)
