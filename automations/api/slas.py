"""REST doors of service levels."""

from uuid import UUID

from automations.services import sla_alerts, slas
from automations.wire.slas import (
    Sla,
    SlaAlert,
    SlaAlertsCreate,
    SlaMerge,
    SlasFilter,
    SlaSpec,
    SlaUpdate,
    ViolatingRuns,
)
from controlplane.wire.doors import Call, delete, get, patch, post
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_DEPLOYMENTS, Permission.WRITE_DEPLOYMENTS
MANAGE = Permission.MANAGE_NOTIFICATIONS


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


@post("slas/default", needs=MANAGE, status=201)
def set_alerts(call: Call, body: SlaAlertsCreate) -> list[SlaAlert]:
    return sla_alerts.set_alerts(call.workspace, body, now=call.now)


@get("slas/default/list", needs=SEE)
def list_alerts(call: Call) -> list[SlaAlert]:
    return sla_alerts.list_alerts(call.workspace)


@get("slas/default/<str:severity>", needs=SEE)
def read_alert(call: Call, severity: str) -> SlaAlert:
    return sla_alerts.read_alert(call.workspace, severity)


@delete("slas/default/<str:severity>", needs=MANAGE)
def delete_alert(call: Call, severity: str) -> None:
    sla_alerts.delete_alert(call.workspace, severity)


@get("slas/<uuid:id>", needs=SEE)
def read_level(call: Call, id: UUID) -> Sla:
    return slas.read_level(call.workspace, id)


@patch("slas/<uuid:id>", needs=WRITE)
def update_level(call: Call, id: UUID, body: SlaUpdate) -> None:
    slas.update_level(call.workspace, id, body, now=call.now)


@delete("slas/<uuid:id>", needs=WRITE)
def delete_level(call: Call, id: UUID) -> None:
    slas.delete_level(call.workspace, id)
