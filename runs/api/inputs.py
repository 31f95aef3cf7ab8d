"""REST doors of flow-run inputs."""

from uuid import UUID

from controlplane.wire.doors import Call, Reply, delete, get, post
from runs.services import inputs
from runs.wire.inputs import FlowRunInput, InputCreate, InputListing
from workspaces.permissions import Permission


@post("flow_runs/<uuid:id>/input", needs=Permission.RUN_FLOWS, status=201)
def create_input(call: Call, id: UUID, body: InputCreate) -> None:
    inputs.create_input(call.workspace, id, body)


@post("flow_runs/<uuid:id>/input/filter", needs=Permission.SEE_FLOWS)
def filter_inputs(call: Call, id: UUID, body: InputListing) -> list[FlowRunInput]:
    return inputs.list_inputs(call.workspace, id, body)


@get("flow_runs/<uuid:id>/input/<str:key>", needs=Permission.SEE_FLOWS)
def read_input(call: Call, id: UUID, key: str) -> Reply[str]:
    return Reply(inputs.read_input(call.workspace, id, key), content_type="text/plain; charset=utf-8")


@delete("flow_runs/<uuid:id>/input/<str:key>", needs=Permission.RUN_FLOWS)
def delete_input(call: Call, id: UUID, key: str) -> None:
    inputs.delete_input(call.workspace, id, key)
