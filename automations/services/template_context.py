"""What templates of actions can name."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import json

from automations.rules.targets import first_id
from automations.services.invocations import Invocation
from blocks.services import variables
from controlplane.errors import NotFound
from controlplane.filters import Listing
from controlplane.sandbox.rendering import record
from deployments.models import WorkPool
from deployments.services import deployments, work_pools, work_queues
from events.wire.events import Event, Resource
from runs.services import flow_runs, flows, limits, task_runs

ATTRIBUTES = ("ui_url", "ui_resource_events_url", "flow_run_id")
PAGES = {
    "flow-run": "runs/{}", "task-run": "tasks/{}", "flow": "flows/{}", "deployment": "deployments/{}",
    "automation": "automations/{}", "work-pool": "pools/{}",
}  # fmt: skip
MOST_VARIABLES = 200


def make_context(invocation: Invocation, names: set[str], now: datetime) -> dict[str, Any]:
    """Of what has to be fetched, only what is named."""
    firing, event = invocation.firing, told(invocation.event, invocation.pages)
    first = told(firing.triggering_event, invocation.pages)
    made: dict[str, Any] = {
        "automation": thing(invocation, "automation", invocation.automation.id, invocation.automation),
        "event": event,
        "labels": nested(firing.triggering_labels),
        "firing": builtins(firing) | {"triggering_event": first},
    }
    made["firings"], made["events"] = [made["firing"]], [] if first is None else [first]
    things = Things(invocation, now)
    made |= {name: found for name in sorted(names & FETCHED.keys()) if (found := things.get(name)) is not None}
    return made


class Things:
    """What the event is about, as it is now; each is fetched at most once."""

    def __init__(self, invocation: Invocation, now: datetime) -> None:
        self.invocation, self.now = invocation, now
        self.found: dict[str, Any] = {}
        event = invocation.event
        self.resources = [] if event is None else [event.resource, *event.related]

    def get(self, name: str) -> Any:
        if name not in self.found:
            self.found[name] = None
            with suppress(NotFound):  # gone since: an undefined value, which templates pass over
                self.found[name] = FETCHED[name](self)
        return self.found[name]

    def id(self, kind: str, owner: str = "", field: str = "") -> UUID | None:
        """From the event, or else from a field of another thing."""
        if (id := first_id(kind, self.resources)) is not None:
            return id
        holder = self.get(owner) if owner else None
        value = None if holder is None else data_of(holder).get(field)
        return UUID(value) if value else None


def fetch_flow_run(things: Things) -> Any:
    id = things.id("flow-run", "task_run", "flow_run_id")
    if id is None:
        return None
    run = builtins(flow_runs.read_flow_run(things.invocation.workspace, id, now=things.now))
    return thing(things.invocation, "flow-run", id, with_state(things, run, f"prefect.flow-run.{id}"), flow_run_id=id)


def fetch_task_run(things: Things) -> Any:
    id = things.id("task-run")
    if id is None:
        return None
    run = builtins(task_runs.read_task_run(things.invocation.workspace, id, now=things.now))
    made = with_state(things, run, f"prefect.task-run.{id}")
    return thing(things.invocation, "task-run", id, made, flow_run_id=run.get("flow_run_id"))


def with_state(things: Things, run: dict[str, Any], resource_id: str) -> dict[str, Any]:
    """The state that the event tells of, which may have been left since."""
    event = things.invocation.event
    if event is not None and event.resource.get("prefect.resource.id") == resource_id:
        labels = event.resource
        told_state = {
            "type": labels.get("prefect.state-type"), "name": labels.get("prefect.state-name"),
            "message": labels.get("prefect.state-message"), "timestamp": labels.get("prefect.state-timestamp"),
        }  # fmt: skip
        if told_state["type"]:
            run = {**run, "state": {**(run.get("state") or {}), **told_state}}
    return run


def fetch_flow(things: Things) -> Any:
    id = things.id("flow", "flow_run", "flow_id") or things.id("flow", "deployment", "flow_id")
    return (
        None if id is None else thing(things.invocation, "flow", id, flows.read_flow(things.invocation.workspace, id))
    )


def fetch_deployment(things: Things) -> Any:
    id = things.id("deployment", "flow_run", "deployment_id")
    if id is None:
        return None
    found = deployments.read_deployment(things.invocation.workspace, id, now=things.now)
    return thing(things.invocation, "deployment", id, found)


def fetch_work_queue(things: Things) -> Any:
    id = things.id("work-queue", "flow_run", "work_queue_id")
    if id is None:
        return None
    return thing(things.invocation, "work-queue", id, work_queues.read_by_id(things.invocation.workspace, id))


def fetch_work_pool(things: Things) -> Any:
    id = things.id("work-pool", "flow_run", "work_pool_id")
    pool = None if id is None else WorkPool.objects.of(things.invocation.workspace).filter(id=id).first()
    if pool is None:
        return None
    found = work_pools.read_work_pool(things.invocation.workspace, pool.name)
    return thing(things.invocation, "work-pool", pool.name, found, "work-pool", pool.id)


def fetch_limit(things: Things) -> Any:
    id = things.id("concurrency-limit")
    if id is None:
        return None
    found = limits.read_limit(things.invocation.workspace, str(id))
    return thing(things.invocation, "concurrency-limit", id, found)


def fetch_variables(things: Things) -> Any:
    page = variables.list_variables(things.invocation.workspace, Listing(limit=MOST_VARIABLES))
    return {variable["name"]: variable["value"] for variable in builtins(page)}


FETCHED: dict[str, Callable[[Things], Any]] = {
    "flow_run": fetch_flow_run,
    "task_run": fetch_task_run,
    "flow": fetch_flow,
    "deployment": fetch_deployment,
    "work_queue": fetch_work_queue,
    "work_pool": fetch_work_pool,
    "concurrency_limit": fetch_limit,
    "variables": fetch_variables,
}


# ------------------------------------------------------------------------------------------------------------- shape


def told(event: Event | None, pages: str) -> Any:
    """An event whose resources have `id`, `name` and `role`, as templates ask for them."""
    if event is None:
        return None
    data = builtins(event)
    resource, related = labelled(event.resource), [labelled(resource) for resource in event.related]
    in_role: dict[str, Any] = {}
    for one in event.related:
        in_role.setdefault(one.get("prefect.resource.role", ""), labelled(one))
    also = {
        "resource_in_role": in_role, "involved_resources": [resource, *related], "ui_url": f"{pages}/events/{event.id}",
        "ui_resource_events_url": events_page(pages, event.resource.get("prefect.resource.id", "")),
    }  # fmt: skip
    return record({**data, "resource": resource, "related": related}, **also)


def labelled(resource: Resource) -> Any:
    return record(
        resource,
        id=resource.get("prefect.resource.id"),
        name=resource.get("prefect.resource.name") or resource.get("prefect.name"),
        role=resource.get("prefect.resource.role"),
        labels=nested(resource),
    )


def nested(labels: dict[str, str]) -> dict[str, Any]:
    """Labels, also by their dotted parts: `labels.prefect.resource.id` and `labels['prefect.resource.id']`."""
    made: dict[str, Any] = dict(labels)
    for label, value in labels.items():
        *parents, last = label.split(".")
        here = made
        for parent in parents:
            below = here.get(parent)
            here[parent] = below if isinstance(below, dict) else {}
            here = here[parent]
        here.setdefault(last, value)
    return made


def thing(
    invocation: Invocation, kind: str, page_id: Any, value: Any, resource_kind: str = "", resource_id: Any = None,
    **also: Any,
) -> Any:  # fmt: skip
    """Something with its page, and with the page of what happened to it."""
    pages = invocation.pages
    page = f"{pages}/{PAGES[kind].format(page_id)}" if kind in PAGES else None
    happened = events_page(pages, f"prefect.{resource_kind or kind}.{resource_id or page_id}")
    extra = {name: str(value) for name, value in also.items() if value is not None}
    return record(builtins(value), ui_url=page, ui_resource_events_url=happened, **extra)


def events_page(pages: str, resource_id: str) -> str:
    return f"{pages}/events?resource={resource_id}"


def data_of(made: dict[str, Any]) -> dict[str, Any]:
    """What is in a record."""
    data: dict[str, Any] = made["\u0001data"]
    return data


def builtins(value: Any) -> Any:
    """Plain data, passed-on JSON included."""
    return json.decode(json.encode(value))
