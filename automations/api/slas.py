"""REST doors of service levels."""

from uuid import UUID

from automations.services import slas
from automations.wire.slas import Sla, SlaMerge, SlasFilter, SlaSpec, SlaUpdate, ViolatingRuns
from controlplane.wire.doors import Call, delete, get, patch, post
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_DEPLOYMENTS, Permission.WRITE_DEPLOYMENTS


@post("slas/apply-resource-slas/<str:resource_id>", needs=WRITE)
def apply_levels(call: Call, resource_id: str, body: list[SlaSpec]) -> SlaMerge:
    return slas.apply_levels(call.workspace, resource_id, body, now=call.now)


@post("slas", needs=WRITE, status=201)
def create_level(call: Call, body: SlaSpec) -> Sla:
    return slas.create_level(call.workspace, body, now=call.now)


@post("slas/filter", needs=SEE)
def filter_levels(call: Call, body: SlasFilter) -> list[Sla]:
    return slas.list_levels(call.workspace, body)


@get("slas/by-owner/<str:resource_id>", needs=SEE)
def list_levels_of(call: Call, resource_id: str) -> list[Sla]:
    return slas.list_levels_of(call.workspace, resource_id)


@post("slas/flow-runs", needs=SEE)
def find_violating_runs(call: Call, body: ViolatingRuns) -> list[UUID]:
    return slas.find_violating_runs(call.workspace, body)


@get("slas/<uuid:id>", needs=SEE)
def read_level(call: Call, id: UUID) -> Sla:
    return slas.read_level(call.workspace, id)


@patch("slas/<uuid:id>", needs=WRITE)
def update_level(call: Call, id: UUID, body: SlaUpdate) -> None:
    slas.update_level(call.workspace, id, body, now=call.now)


@delete("slas/<uuid:id>", needs=WRITE)
def delete_level(call: Call, id: UUID) -> None:
    slas.delete_level(call.workspace, id)
