"""Events on the wire."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from controlplane.wire.structs import BadField, Out

RESOURCE_ID = "prefect.resource.id"
ROLE = "prefect.resource.role"
MOST_LABELS = 500
MOST_RELATED = 100
LONGEST_NAME = 1024
MAX_EVENT = 1_500_000
"""Bytes of an event's JSON. A larger one is dropped without an error, as clients expect."""

Resource = dict[str, str]


class Event(Struct, kw_only=True):
    """What a client reports. Unknown keys are ignored."""

    id: UUID
    occurred: datetime
    event: str
    resource: Resource
    related: list[Resource] = []
    payload: dict[str, Any] = {}
    follows: UUID | None = None

    def __post_init__(self) -> None:
        """The rules of resources and names; a ValueError becomes a 422, or the end of a socket."""
        if len(self.event) > LONGEST_NAME:
            raise ValueError(f"Event name must be at most {LONGEST_NAME} characters")
        if len(self.related) > MOST_RELATED:
            raise ValueError(f"The maximum number of related resources is {MOST_RELATED}")
        try:
            check_resource(self.resource)
        except ValueError as error:
            raise BadField("resource", str(error)) from error
        for resource in self.related:
            check_resource(resource)
            if ROLE not in resource:
                raise ValueError("Related Resources must include the prefect.resource.role label")
            if not resource[ROLE]:
                raise ValueError("The prefect.resource.role label must be non-empty")


def check_resource(resource: Resource) -> None:
    if RESOURCE_ID not in resource:
        raise ValueError("Resources must include the prefect.resource.id label")
    if not resource[RESOURCE_ID]:
        raise ValueError("The prefect.resource.id label must be non-empty")
    if len(resource) > MOST_LABELS:
        raise ValueError(f"The maximum number of labels per resource is {MOST_LABELS}")


class ReceivedEvent(Out, kw_only=True):
    """A stored event; its JSON columns are passed on unread."""

    id: UUID
    occurred: datetime
    received: datetime
    event: str
    resource: Any
    related: Any
    payload: Any
    follows: UUID | None


class EventPage(Out, kw_only=True):
    events: list[ReceivedEvent]
    total: int
    next_page: str | None


class EventCount(Out, kw_only=True):
    """How many events share a value: a name, a resource, or a stretch of time."""

    value: str
    label: str
    count: int
    start_time: datetime
    end_time: datetime


PageLimit = Annotated[int, Meta(ge=0, le=50)]
