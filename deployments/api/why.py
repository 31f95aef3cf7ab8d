"""The door to why a run is not running."""

from uuid import UUID

from controlplane.wire.doors import Call, get
from deployments.services import why
from deployments.wire.why import Why
from workspaces.permissions import Permission


@get("flow_runs/<uuid:id>/why", needs=Permission.SEE_FLOWS)
def explain_flow_run(call: Call, id: UUID) -> Why:
    return why.explain_flow_run(call.workspace, id, now=call.now)
