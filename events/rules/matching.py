"""Does an event fit a filter? The same answer in memory, for live streams, as `events.filters` gives in SQL."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import Struct

from controlplane.filters import search
from controlplane.wire.structs import UNSET
from events.rules.globs import fits
from events.wire.events import RESOURCE_ID, ROLE, Resource
from events.wire.filters import (
    EventAnyResourceFilter,
    EventFilter,
    EventNameFilter,
    EventRelatedFilter,
    EventResourceFilter,
    Labels,
)

Thing = TypeVar("Thing")


class Facts(Struct, frozen=True):
    """What a filter may ask of an event. `text` is its name, resource, related and payload, in lower case."""

    id: object
    occurred: datetime
    event: str
    resource: Resource
    related: list[Resource]
    text: Callable[[], str]


def fits_filter(facts: Facts, filter: EventFilter) -> bool:
    """Whether the event fits, an absent `until` being no end at all."""
    return (
        fits_moment(facts.occurred, filter)
        and (filter.event is None or fits_name(facts.event, filter.event))
        and (not filter.id.id or facts.id in filter.id.id)
        and (filter.resource is None or fits_resource(facts.resource, filter.resource))
        and all(any(fits_related(one, asked) for one in facts.related) for asked in as_list(filter.related))
        and all(
            any(fits_resource(one, asked) for one in (facts.resource, *facts.related))
            for asked in as_list(filter.any_resource)
        )
        and (filter.text is None or fits_text(facts, filter.text.query))
    )


def fits_moment(occurred: datetime, filter: EventFilter) -> bool:
    since, until = filter.occurred.since, filter.occurred.until
    return (since is UNSET or aware(since) <= occurred) and (until is UNSET or occurred <= aware(until))


def fits_name(name: str, asked: EventNameFilter) -> bool:
    return (
        (not asked.prefix or name.startswith(tuple(asked.prefix)))
        and (not asked.name or name in asked.name)
        and not (asked.exclude_prefix and name.startswith(tuple(asked.exclude_prefix)))
        and not (asked.exclude_name and name in asked.exclude_name)
    )


def fits_resource(resource: Resource, asked: EventResourceFilter | EventAnyResourceFilter) -> bool:
    id = resource[RESOURCE_ID]
    return (
        (not asked.id or id in asked.id)
        and (not asked.id_prefix or id.startswith(tuple(asked.id_prefix)))
        and fits_labels(resource, asked.labels)
    )


def fits_related(resource: Resource, asked: EventRelatedFilter) -> bool:
    id, role = resource[RESOURCE_ID], resource[ROLE]
    return (
        (not asked.id or id in asked.id)
        and (not asked.role or role in asked.role)
        and (not asked.resources_in_roles or (id, role) in asked.resources_in_roles)
        and fits_labels(resource, asked.labels)
    )


def fits_labels(resource: Resource, asked: Labels | None) -> bool:
    """Every label fits one of its patterns. A label that is missing fits nothing, not even a negation."""
    return all(
        (value := resource.get(label)) is not None and any(fits(value, pattern) for pattern in patterns_of(wanted))
        for label, wanted in (asked or {}).items()
    )


def fits_text(facts: Facts, query: str) -> bool:
    terms = search.parse(query.lower())
    if not (terms.some or terms.none or terms.every):
        return True
    text = facts.text()
    return (
        (not terms.some or any(term in text for term in terms.some))
        and not any(term in text for term in terms.none)
        and all(term in text for term in terms.every)
    )


def patterns_of(wanted: str | list[str]) -> Iterable[str]:
    return (wanted,) if isinstance(wanted, str) else wanted


def as_list(asked: Thing | list[Thing] | None) -> list[Thing]:
    """A filter that may be given once or as a list."""
    if asked is None:
        return []
    return asked if isinstance(asked, list) else [asked]


def aware(moment: datetime) -> datetime:
    """Moments without a zone are in UTC."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
