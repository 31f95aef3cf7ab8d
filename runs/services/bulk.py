"""Many runs or flows at once, found by a filter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.errors import Problem
from controlplane.filters import compile_filter
from controlplane.sql.transactions import workspace_transaction
from runs import queries_dashboards as queries
from runs.services import deeds, flow_runs, flows, transitions
from runs.wire.bulk import Deleted, RunOutcome, RunOutcomes
from runs.wire.states import AbortDetails, OrchestrationResult, StateCreate


def set_states(workspace: UUID, body: Any, *, now: datetime, client_version: str | None = None) -> RunOutcomes:
    """Propose one state to each run, one after the other, each in a transaction of its own."""
    with workspace_transaction(workspace):
        found = select_flow_runs(workspace, body)
    return RunOutcomes(
        results=[
            set_one(workspace, run, body.state, force=body.force, now=now, client_version=client_version)
            for run in found
        ]
    )


def set_one(
    workspace: UUID, run: UUID, state: StateCreate, *, force: bool, now: datetime, client_version: str | None
) -> RunOutcome:
    try:
        with workspace_transaction(workspace):
            reply = transitions.propose_state(
                workspace, run, state, force=force, now=now, client_version=client_version
            )
            deeds.note_proposed(workspace, run, state, reply, force=force, now=now)
    except Problem as problem:
        return RunOutcome(flow_run_id=run, status="ABORT", state=None, details=AbortDetails(reason=problem.detail))
    result: OrchestrationResult = reply.body
    return RunOutcome(flow_run_id=run, status=result.status, state=result.state, details=result.details)


def delete_flow_runs(workspace: UUID, body: Any) -> Deleted:
    found = select_flow_runs(workspace, body)
    for run in found:
        flow_runs.delete_flow_run(workspace, run)
    return Deleted(deleted=found)


def delete_flows(workspace: UUID, body: Any, *, now: datetime) -> Deleted:
    """Flows with their deployments and runs."""
    where = compile_filter("flows", body)
    rows = queries.select_flows(extra={"where": where.text}, workspace=workspace, limit=body.limit, **where.params)
    for row in rows:
        flows.delete_flow(workspace, row.id, now=now)
    return Deleted(deleted=[row.id for row in rows])


def select_flow_runs(workspace: UUID, body: Any) -> list[UUID]:
    where = compile_filter("flow_runs", body)
    rows = queries.select_flow_runs(extra={"where": where.text}, workspace=workspace, limit=body.limit, **where.params)
    return [row.id for row in rows]
