"""Runs that a schedule made: inserted in bulk, and taken away again when the schedule changes."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from blocks.services.sealed_parts import Sealer
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_places import Part
from runs import queries
from runs.rules.decide import decide_flow_run
from runs.rules.facts import FlowRunFacts, propose
from runs.rules.policies import MINIMAL_FLOW_POLICY
from runs.services.announcing import raw
from runs.services.names import random_name
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import StateCreate, StateDetails
from workspaces.services.data_boundary import boundary_of

log = logging.getLogger(__name__)

DEFAULT_POLICY = FlowRunPolicy()


class ScheduledRun(Struct, kw_only=True):
    """One date of a schedule. `schedule_name` is what people read as the run's creator."""

    flow_id: UUID
    deployment_id: UUID
    deployment_version: str | None
    schedule_id: UUID
    schedule_name: str
    date: datetime
    idempotency_key: str
    parameters: dict[str, Any]
    parts: Sequence[Part] = ()
    """The secrets that the parameters have masks for."""
    tags: list[str]
    labels: dict[str, Any]
    work_queue_id: UUID | None = None
    work_queue_name: str | None = None
    infrastructure_document_id: UUID | None = None


def insert_scheduled(workspace: UUID, runs: list[ScheduledRun], *, now: datetime) -> int:
    """How many are new: a date that has its run already is passed over. No events: automations would double."""
    if any(run.parameters for run in runs) and boundary_of(workspace).parameters != "store":
        # They would run with other values than they should, or bring in what must stay out.
        log.warning("Runs with parameters are not scheduled: the data boundary", extra={"workspace": str(workspace)})
        runs = [run for run in runs if not run.parameters]
    if not runs:
        return 0
    sealer = Sealer(workspace)
    rows = raw([row(run, sealer, now) for run in runs])
    return int(queries.insert_scheduled_runs(workspace=workspace, now=now, runs=rows))


def row(run: ScheduledRun, sealer: Sealer, now: datetime) -> dict[str, Any]:
    run_id = uuid7()
    secrets = sealer.seal("flow_run", run_id, run.parts)
    details = StateDetails(scheduled_time=run.date)
    proposed = propose(StateCreate(type="SCHEDULED", message="Flow run scheduled", state_details=details), now)
    decision = decide_flow_run(FlowRunFacts(id=run_id), proposed, now, MINIMAL_FLOW_POLICY)
    assert decision.state is not None
    return {
        "id": run_id,
        "state_id": uuid7(),
        "name": random_name(),
        "flow_id": run.flow_id,
        "deployment_id": run.deployment_id,
        "deployment_version": run.deployment_version,
        "work_queue_id": run.work_queue_id,
        "work_queue_name": run.work_queue_name,
        "infrastructure_document_id": run.infrastructure_document_id,
        "parameters": run.parameters,
        "idempotency_key": run.idempotency_key,
        "empirical_policy": DEFAULT_POLICY,
        "tags": list(dict.fromkeys(["auto-scheduled", *run.tags])),
        "labels": run.labels,
        "date": run.date,
        "created_by": {"id": run.schedule_id, "type": "SCHEDULE", "display_value": run.schedule_name},
        "state_details": decision.state.state_details,
        "secrets": None if secrets is None else "\\x" + secrets.hex(),
    }


def remove_scheduled(
    workspace: UUID, deployment_id: UUID, *, future_after: datetime | None = None, auto_only: bool = True
) -> int:
    """Take away runs that have not begun: SCHEDULED, never run, not waiting for a slot. How many were removed.

    `future_after` spares those that are due before; `auto_only` spares those that a person or client made.
    """
    return int(
        queries.delete_scheduled_runs(
            workspace=workspace, deployment=deployment_id, after=future_after, auto_only=auto_only
        )
    )
