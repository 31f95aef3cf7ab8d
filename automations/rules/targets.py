"""What an action is done to, when its target is inferred: the first thing of the kind that the event involves."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from events.wire.events import RESOURCE_ID, Event, Resource


def infer_target(kind: str, event: Event | None, labels: Mapping[str, str]) -> UUID | None:
    """The id of a `prefect.<kind>.<id>`. For flow runs the label that the trigger was bucketed by comes first."""
    if kind == "flow-run" and (id := id_of(kind, labels.get(RESOURCE_ID, ""))) is not None:
        return id
    if event is None:
        return None
    return first_id(kind, [event.resource, *event.related])


def first_id(kind: str, resources: Iterable[Resource]) -> UUID | None:
    found = (id_of(kind, resource.get(RESOURCE_ID, "")) for resource in resources)
    return next((id for id in found if id is not None), None)


def id_of(kind: str, resource_id: str) -> UUID | None:
    """The id within a resource id of this kind; None for another kind, or one that is no UUID."""
    prefix = f"prefect.{kind}."
    if not resource_id.startswith(prefix):
        return None
    try:
        return UUID(resource_id.removeprefix(prefix))
    except ValueError:
        return None
