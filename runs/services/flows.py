"""Flows: registered by name."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from controlplane.errors import NotFound
from controlplane.filters import compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from events.services import emission
from events.services.emission import Emitted
from runs import queries
from runs.services.announcing import raw
from runs.wire.flows import Flow, FlowCreate, FlowUpdate
from workspaces.services import audit


def create_flow(workspace: UUID, body: FlowCreate) -> tuple[Flow, bool]:
    """The flow of that name, and whether it is new. An existing one stays as it is."""
    flow = queries.read_flow_by_name(workspace=workspace, name=body.name)
    if flow is not None:
        return flow, False
    made = queries.create_flow(
        workspace=workspace,
        id=uuid7(),
        name=body.name,
        tags=list(dict.fromkeys(body.tags)),
        labels=raw(body.labels or {}),
    )
    if made is not None:
        tell(workspace, "created", made, made.created)
        return made, True
    # Another transaction made it meanwhile, and has committed: the insert waited for it.
    return read_flow_by_name(workspace, body.name), False


def read_flow(workspace: UUID, flow_id: UUID) -> Flow:
    flow = queries.read_flow(workspace=workspace, flow=flow_id)
    if flow is None:
        raise NotFound("Flow not found")
    return flow


def read_flow_by_name(workspace: UUID, name: str) -> Flow:
    flow = queries.read_flow_by_name(workspace=workspace, name=name)
    if flow is None:
        raise NotFound("Flow not found")
    return flow


def list_flows(workspace: UUID, body: Any) -> list[Flow]:
    limits, where = page_limits(body), compile_filter("flows", body)
    extra = {"where": where.text, "order": order_by("flows", body.sort)}
    return queries.read_flows(
        extra=extra, workspace=workspace, limit=limits.limit, offset=limits.offset, **where.params
    )


def count_flows(workspace: UUID, body: Any) -> int:
    where = compile_filter("flows", body)
    return int(queries.count_flows(extra={"where": where.text}, workspace=workspace, **where.params))


def update_flow(workspace: UUID, flow_id: UUID, body: FlowUpdate, *, now: datetime) -> None:
    if not isinstance(body.tags, list):
        read_flow(workspace, flow_id)
        return
    tags = list(dict.fromkeys(body.tags))
    before = read_flow(workspace, flow_id)
    if queries.update_flow_tags(workspace=workspace, flow=flow_id, tags=tags, now=now) is None:
        raise NotFound("Flow not found")
    if tags != before.tags:
        tell(workspace, "updated", read_flow(workspace, flow_id), now)


def delete_flow(workspace: UUID, flow_id: UUID, *, now: datetime) -> None:
    """Remove a flow with its deployments and runs."""
    gone = queries.delete_flow(workspace=workspace, flow=flow_id)
    if gone is None:
        raise NotFound("Flow not found")
    audit.record(workspace, action="flow.deleted", target_kind="flow", target_id=gone.id, target_name=gone.name)
    tell(workspace, "deleted", gone, now)


def tell(workspace: UUID, what: Literal["created", "updated", "deleted"], flow: Flow, now: datetime) -> None:
    event = Emitted(
        event=f"prefect.flow.{what}",
        occurred=now,
        resource={"prefect.resource.id": f"prefect.flow.{flow.id}", "prefect.resource.name": flow.name},
        payload={"name": flow.name, "tags": flow.tags, "labels": flow.labels},
    )
    emission.insert(workspace, [event], now=now)
