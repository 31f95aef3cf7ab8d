"""Events read back: in pages, and as the first part of a live stream."""

import base64
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from controlplane.errors import Refused
from controlplane.sql.fragments import Sql
from controlplane.wire.structs import UNSET
from events import queries
from events.filters import compile_event_filter
from events.rules.matching import aware
from events.wire.events import EventPage, ReceivedEvent
from events.wire.filters import EventFilter, PageToken

DEFAULT_REACH = timedelta(days=180)
BACKFILL_REACH = timedelta(minutes=15)
BACKFILL_PAGE = 250

# In the order of event_by_time, or exactly backwards.
ORDERS = {"DESC": "event.occurred DESC, event.id", "ASC": "event.occurred, event.id DESC"}
AFTER = {
    "DESC": "AND event.occurred <= {at} AND (event.occurred < {at} OR event.id > {id})",
    "ASC": "AND event.occurred >= {at} AND (event.occurred > {at} OR event.id < {id})",
}
EVERYTHING = EventFilter()

token_decoder = msgspec.json.Decoder(PageToken)


class Ends(NamedTuple):
    since: datetime
    until: datetime


def read_first_page(
    workspace: UUID, filter: EventFilter | None, limit: int, *, now: datetime, root_url: str
) -> EventPage:
    """The first page, with the total and the address of the next page."""
    filter = fix_ends(filter or EVERYTHING, now)
    count = count_matching(workspace, filter)
    return make_page(workspace, filter, count, limit, None, root_url)


def read_next_page(workspace: UUID, token: str, *, root_url: str) -> EventPage:
    """The page that a token of ours begins; the total is not counted again. Refused for any other token."""
    place = decode_token(token)
    return make_page(workspace, place.filter, place.count, place.page_size, place, root_url)


def make_page(
    workspace: UUID, filter: EventFilter, count: int, limit: int, after: PageToken | None, root_url: str
) -> EventPage:
    found = find_events(workspace, filter, limit + 1, after)
    events, more = found[:limit], len(found) > limit
    next_page = None
    if more and events:
        last = events[-1]
        place = PageToken(filter=filter, count=count, page_size=limit, occurred=last.occurred, id=last.id)
        next_page = f"{root_url}/events/filter/next?page-token={encode_token(place)}"
    return EventPage(events=events, total=count, next_page=next_page)


def find_events(workspace: UUID, filter: EventFilter, limit: int, after: PageToken | None) -> list[ReceivedEvent]:
    where = compile_ends(filter)
    page = ""
    params = dict(where.params)
    if after is not None:
        page = AFTER[filter.order].format(at="%(at)s::timestamptz", id="%(id)s::uuid")
        params |= {"at": after.occurred, "id": after.id}
    read = queries.read_newest_events if is_distinct(filter) else queries.read_events
    extra = {"where": where.text, "page": page, "order": ORDERS[filter.order]}
    return read(extra=extra, workspace=workspace, limit=limit, **params)


def count_matching(workspace: UUID, filter: EventFilter) -> int:
    where = compile_ends(filter)
    count = queries.count_event_resources if is_distinct(filter) else queries.count_events
    return int(count(extra={"where": where.text}, workspace=workspace, **where.params))


def read_backfill(
    workspace: UUID, filter: EventFilter, after: PageToken | None, *, now: datetime
) -> list[ReceivedEvent]:
    """A page of what a new live stream shows first, oldest first: the last quarter of an hour at most."""
    ends = ends_of(fix_ends(filter, now))
    # What occurs later than now by its sender's clock is shown too, if the filter has no earlier end.
    until = now + timedelta(days=366) if filter.occurred.until is UNSET else ends.until
    since = max(ends.since, now - BACKFILL_REACH)
    if since > until:
        return []
    fixed = with_ends(filter, since, until)
    return find_events(workspace, msgspec.structs.replace(fixed, order="ASC"), BACKFILL_PAGE, after)


def after_event(event: ReceivedEvent) -> PageToken:
    return PageToken(filter=EVERYTHING, count=0, page_size=0, occurred=event.occurred, id=event.id)


def is_distinct(filter: EventFilter) -> bool:
    return filter.resource is not None and filter.resource.distinct


def compile_ends(filter: EventFilter) -> Sql:
    ends = ends_of(filter)
    return compile_event_filter(filter, since=ends.since, until=ends.until)


def fix_ends(filter: EventFilter, now: datetime) -> EventFilter:
    """With both ends of the time filled in: the start of the day 180 days ago, and now."""
    start = (now - DEFAULT_REACH).replace(hour=0, minute=0, second=0, microsecond=0)
    since, until = filter.occurred.since, filter.occurred.until
    return with_ends(filter, start if since is UNSET else aware(since), now if until is UNSET else aware(until))


def with_ends(filter: EventFilter, since: datetime, until: datetime) -> EventFilter:
    occurred = msgspec.structs.replace(filter.occurred, since=since, until=until)
    return msgspec.structs.replace(filter, occurred=occurred)


def ends_of(filter: EventFilter) -> Ends:
    """The ends of a filter that has both."""
    since, until = filter.occurred.since, filter.occurred.until
    assert since is not UNSET
    assert until is not UNSET
    return Ends(since.astimezone(UTC), until.astimezone(UTC))


def encode_token(place: PageToken) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def decode_token(token: str) -> PageToken:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        place = token_decoder.decode(text)
        ends_of(place.filter)
    except (ValueError, AssertionError, OverflowError) as error:
        raise Refused("Forbidden") from error
    if b"\\u0000" in text:
        raise Refused("Forbidden")
    return place
