"""What people and keys ask of runs, for the audit trail. What flows and workers report is no deed and costs nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.wire.doors import Reply
from runs.services import flow_runs
from runs.wire.states import OrchestrationResult, StateCreate
from workspaces.services import audit

STORED = 201


def deed_of(state: StateCreate, *, force: bool) -> str | None:
    """What somebody does who proposes this: engines and workers propose neither, but for CANCELLING by force."""
    if state.type == "CANCELLING" and not force:
        return "cancelled"
    if force and state.type == "SCHEDULED":
        return "retried"
    return "completed-by-hand" if force and state.type == "COMPLETED" else None


def note_proposed(
    workspace: UUID, run: UUID, state: StateCreate, reply: Reply[OrchestrationResult], *, force: bool, now: datetime
) -> None:
    """In the transaction of the transition. What the rules refused has changed nothing."""
    deed = deed_of(state, force=force)
    if deed is not None and reply.status == STORED:
        note(workspace, deed, run, now=now)


def note(workspace: UUID, what: str, run: UUID, *, now: datetime) -> None:
    found: Any = flow_runs.read_flow_run(workspace, run, now=now)
    audit.record(
        workspace, action=f"flow-run.{what}", target_kind="flow-run", target_id=run, target_name=found.name or "",
        changes={"state": [None, found.state_type]},
    )  # fmt: skip
