"""The REST door that resumes a paused run. It is in this room because an input is checked as parameters are."""

from typing import Any
from uuid import UUID

from controlplane.wire.doors import Call, Reply, post
from controlplane.wire.structs import Named
from deployments.services import resuming
from runs.services import deeds
from runs.wire.states import OrchestrationResult
from workspaces.permissions import Permission


class Resume(Named):
    """Nothing in it is required."""

    run_input: dict[str, Any] | None = None


@post("flow_runs/<uuid:id>/resume", needs=Permission.RUN_FLOWS)
def resume_flow_run(call: Call, id: UUID, body: Resume) -> Reply[OrchestrationResult]:
    reply = resuming.resume_flow_run(
        call.workspace, id, body.run_input, now=call.now, client_version=call.client_version
    )
    if reply.body.status == "ACCEPT":
        deeds.note(call.workspace, "resumed", id, now=call.now)
    return reply
