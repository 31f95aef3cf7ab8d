"""REST doors of incidents."""

from uuid import UUID

from automations.services import incidents
from automations.wire.incidents import Incident, IncidentCreate, IncidentsFilter
from controlplane.wire.doors import Call, get, post
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_INCIDENTS, Permission.WRITE_INCIDENTS


@post("incidents", needs=WRITE, status=201)
def declare_incident(call: Call, body: IncidentCreate) -> Incident:
    return incidents.declare_incident(call.workspace, body, caller=call.caller, now=call.now)


@post("incidents/filter", needs=SEE)
def list_incidents(call: Call, body: IncidentsFilter) -> list[Incident]:
    return incidents.list_incidents(call.workspace, body)


@get("incidents/<uuid:id>", needs=SEE)
def read_incident(call: Call, id: UUID) -> Incident:
    return incidents.read_incident(call.workspace, id)


@post("incidents/<uuid:id>/resolve", needs=WRITE)
def resolve_incident(call: Call, id: UUID) -> Incident:
    return incidents.resolve_incident(call.workspace, id, caller=call.caller, now=call.now)
