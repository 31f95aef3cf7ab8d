"""Automations that set themselves off: how deep a chain of firings may go, and how often one may fire."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from events.wire.events import RESOURCE_ID, ROLE, Resource

PREFIX = "prefect.automation."
DEEPEST = 10
"""Firings in a chain where each was caused by the one before."""
MOST_A_MINUTE = 600
MEMORY = timedelta(minutes=2)
"""A firing longer ago than this is not said to have caused another."""
MINUTE = timedelta(minutes=1)


def causes_of(resource: Resource, related: Sequence[Resource]) -> Iterator[UUID]:
    """The automations whose actions an event comes from: what they made names them as its creator."""
    yield from automation_ids(resource[RESOURCE_ID])
    for one in related:
        if one.get(ROLE) == "creator":
            yield from automation_ids(one[RESOURCE_ID])


def automation_ids(resource_id: str) -> Iterator[UUID]:
    if resource_id.startswith(PREFIX):
        try:
            yield UUID(resource_id.removeprefix(PREFIX))
        except ValueError:
            return


def why_stopped(*, depth: int, this_minute: int) -> str | None:
    """Why an automation does not fire though its trigger did."""
    if depth > DEEPEST:
        return f"stopped: {DEEPEST} firings in a row were caused by the actions of the one before"
    if this_minute >= MOST_A_MINUTE:
        return f"stopped: fired {MOST_A_MINUTE} times within a minute"
    return None
