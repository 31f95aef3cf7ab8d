"""REST doors of flows."""

from uuid import UUID

from controlplane.filters import page_limits
from controlplane.wire.doors import Call, Reply, delete, get, patch, post
from controlplane.wire.structs import Page, make_page
from runs import filters
from runs.services import bulk, flows
from runs.wire.bulk import Deleted
from runs.wire.flows import Flow, FlowCreate, FlowUpdate
from workspaces.permissions import Permission


@post("flows", needs=Permission.RUN_FLOWS, status=201)
def create_flow(call: Call, body: FlowCreate) -> Reply[Flow]:
    flow, created = flows.create_flow(call.workspace, body)
    return Reply(flow, 201 if created else 200)


@get("flows/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_flow(call: Call, id: UUID) -> Flow:
    return flows.read_flow(call.workspace, id)


@get("flows/name/<str:name>", needs=Permission.SEE_FLOWS)
def read_flow_by_name(call: Call, name: str) -> Flow:
    return flows.read_flow_by_name(call.workspace, name)


@patch("flows/<uuid:id>", needs=Permission.RUN_FLOWS)
def update_flow(call: Call, id: UUID, body: FlowUpdate) -> None:
    flows.update_flow(call.workspace, id, body, now=call.now)


@delete("flows/<uuid:id>", needs=Permission.MANAGE_FLOWS)
def delete_flow(call: Call, id: UUID) -> None:
    flows.delete_flow(call.workspace, id, now=call.now)


@post("flows/filter", needs=Permission.SEE_FLOWS)
def filter_flows(call: Call, body: filters.FlowsFilter) -> list[Flow]:
    return flows.list_flows(call.workspace, body)


@post("flows/count", needs=Permission.SEE_FLOWS)
def count_flows(call: Call, body: filters.FlowsCount) -> int:
    return flows.count_flows(call.workspace, body)


@post("flows/paginate", needs=Permission.SEE_FLOWS)
def paginate_flows(call: Call, body: filters.FlowsPaginate) -> Page:
    results, count = flows.list_flows(call.workspace, body), flows.count_flows(call.workspace, body)
    return make_page(results, count=count, limit=page_limits(body).limit, page=body.page or 1)


@post("flows/bulk_delete", needs=Permission.MANAGE_FLOWS)
def delete_flows(call: Call, body: filters.FlowsBulk) -> Deleted:
    return bulk.delete_flows(call.workspace, body, now=call.now)
