"""The filter of events, as queries, live streams and pages use it.

An empty list of names or ids is no condition, while an empty list of values of a label matches nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field, json

from controlplane.wire.invalid import InvalidBody, one_of
from controlplane.wire.structs import UNSET, Body, Named, UnsetType
from events.wire.events import PageLimit

Labels = dict[str, str | list[str]]
"""A value is exact, a glob with `*` and `?`, or negated by `!`; one of a list is enough, all labels must fit."""


class Countable(StrEnum):
    DAY = "day"
    TIME = "time"
    EVENT = "event"
    RESOURCE = "resource"


class TimeUnit(StrEnum):
    WEEK = "week"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"
    SECOND = "second"


class EventOccurredFilter(Body, kw_only=True):
    """Both ends belong to it. Left out: the last 180 days up to now, or without end for a live stream."""

    since: datetime | UnsetType = UNSET
    until: datetime | UnsetType = UNSET


class EventNameFilter(Body, kw_only=True):
    prefix: list[str] | None = None
    exclude_prefix: list[str] | None = None
    name: list[str] | None = None
    exclude_name: list[str] | None = None


class EventResourceFilter(Body, kw_only=True):
    """On the resource that the event is about. `distinct` keeps the newest event of each resource."""

    id: list[str] | None = None
    id_prefix: list[str] | None = None
    labels: Labels | None = None
    distinct: bool = False


class EventRelatedFilter(Body, kw_only=True):
    """One of the related resources satisfies all of it."""

    id: list[str] | None = None
    role: list[str] | None = None
    resources_in_roles: list[tuple[str, str]] | None = None
    labels: Labels | None = None


class EventAnyResourceFilter(Body, kw_only=True):
    """The primary or a related resource satisfies all of it."""

    id: list[str] | None = None
    id_prefix: list[str] | None = None
    labels: Labels | None = None


class EventIDFilter(Body, kw_only=True):
    id: list[UUID] | None = None


class EventTextFilter(Body, kw_only=True):
    query: Annotated[str, Meta(max_length=200)]


class EventFilter(Body, kw_only=True):
    """All that are given must hold; a list of related or any_resource filters: every one of them."""

    occurred: EventOccurredFilter = field(default_factory=EventOccurredFilter)
    event: EventNameFilter | None = None
    resource: EventResourceFilter | None = None
    related: EventRelatedFilter | list[EventRelatedFilter] | None = None
    any_resource: EventAnyResourceFilter | list[EventAnyResourceFilter] | None = None
    id: EventIDFilter = field(default_factory=EventIDFilter)
    text: EventTextFilter | None = None
    order: Literal["DESC", "ASC"] = "DESC"


class EventsFilter(Named, kw_only=True):
    """The body of `POST /events/filter`."""

    filter: EventFilter | None = None
    limit: PageLimit = 50


class EventsCount(Named, kw_only=True):
    """The body of `POST /events/count-by/{countable}`."""

    filter: EventFilter
    time_unit: TimeUnit = TimeUnit.DAY
    time_interval: Annotated[float, Meta(ge=0.01)] = 1.0


def read_countable(word: str, body: bytes) -> Countable:
    """What to count by, from the path. Raises InvalidBody, which answers with the body that was sent."""
    try:
        return Countable(word)
    except ValueError:
        finding = one_of("enum", tuple(Countable), ("path", "countable"), word)
        raise InvalidBody([finding], json.decode(body)) from None


class NextPage(Named, kw_only=True, rename={"page_token": "page-token"}):
    """The query of `GET /events/filter/next`."""

    page_token: str


class PageToken(Body, kw_only=True):
    """Where the next page begins: after the event at `occurred` with this id. The filter's ends are fixed in it."""

    filter: EventFilter
    count: Annotated[int, Meta(ge=0)]
    page_size: PageLimit
    occurred: datetime
    id: UUID
