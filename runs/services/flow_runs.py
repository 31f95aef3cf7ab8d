"""Flow runs: made, read, changed and deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from blocks.services.sealed_parts import seal_parts
from controlplane.errors import INTEGRITY_CONFLICT, BadRequest, Conflict, Invalid, NotFound
from controlplane.filters import compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.schema_forms.secret_places import Part, without
from controlplane.wire.structs import present
from runs import queries, rows
from runs.rules.decide import decide_flow_run
from runs.rules.facts import FlowRunFacts, propose
from runs.rules.mirror import mirrored
from runs.rules.policies import MINIMAL_FLOW_POLICY
from runs.services import announcing, artifacts, secrecy, states, task_transitions
from runs.services.announcing import NOWHERE, Origin, raw
from runs.services.names import random_name
from runs.wire.flow_runs import CreatedBy, FlowRun, FlowRunUpdate
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import State, StateCreate
from workspaces.services import audit, data_boundary

MAX_PARAMETERS = 524_288
PENDING = StateCreate(type="PENDING")


class NewFlowRun(Struct, kw_only=True):
    """A run to be made. `labels` None: those of the flow; otherwise they are final.

    `parts` are the secrets that parameters and job variables have masks for.
    """

    flow_id: UUID
    name: str | None = None
    state: StateCreate | None = None
    parameters: dict[str, Any] = {}
    context: dict[str, Any] = {}
    empirical_policy: FlowRunPolicy = FlowRunPolicy()
    tags: list[str] = []
    labels: dict[str, Any] | None = None
    inherit_labels: bool = True
    idempotency_key: str | None = None
    deployment_id: UUID | None = None
    deployment_version: str | None = None
    work_queue_id: UUID | None = None
    work_queue_name: str | None = None
    flow_version: str | None = None
    infrastructure_document_id: UUID | None = None
    parent_task_run_id: UUID | None = None
    job_variables: dict[str, Any] | None = None
    parts: Sequence[Part] = ()
    created_by: CreatedBy | None = None
    origin: Origin = NOWHERE


def create_flow_run(workspace: UUID, new: NewFlowRun, *, now: datetime) -> tuple[FlowRun, bool]:
    """The run, and whether it is new: an idempotency key that is taken gives the run that took it, unchanged.

    Conflict if the flow does not exist.
    """
    check_parameters(new.parameters)
    runs_elsewhere = new.deployment_id is not None and new.parent_task_run_id is None
    stored = data_boundary.parameters_to_store(workspace, new.parameters, runs_elsewhere=runs_elsewhere)
    # Where only masks may be stored, not even sealed parameters are.
    parts = new.parts if stored is new.parameters else without(new.parts, "parameters")
    run_id, state_id = uuid7(), uuid7()
    facts = FlowRunFacts(
        id=run_id,
        policy=new.empirical_policy,
        deployment_id=new.deployment_id,
        parent_task_run_id=new.parent_task_run_id,
    )
    proposed = propose(new.state or PENDING, now)
    decision = decide_flow_run(facts, proposed, now, MINIMAL_FLOW_POLICY)
    entered, changes = decision.state, decision.run
    assert entered is not None
    assert changes is not None
    name = new.name or random_name()
    data = states.storable(entered.data)
    data_boundary.check_result(workspace, data)
    tags = list(dict.fromkeys(new.tags))
    made = queries.create_flow_run(
        workspace=workspace, id=run_id, now=now, name=name, flow=new.flow_id, deployment=new.deployment_id,
        deployment_version=new.deployment_version, work_queue=new.work_queue_id, work_queue_name=new.work_queue_name,
        flow_version=new.flow_version, parameters=raw(stored), idempotency_key=new.idempotency_key,
        context=raw(new.context), policy=raw(new.empirical_policy), tags=tags, labels=raw(new.labels or {}),
        inherit=new.inherit_labels, parent_task_run=new.parent_task_run_id, state=state_id, type=entered.type,
        state_name=entered.name, timestamp=entered.timestamp, message=entered.message,
        data=None if data is None else raw(data), details=raw(entered.state_details), run_count=changes.run_count,
        expected=changes.expected_start_time, next=changes.next_scheduled_start_time, start=changes.start_time,
        end=changes.end_time, infrastructure=new.infrastructure_document_id,
        created_by=None if new.created_by is None else raw(new.created_by),
        job_variables=None if new.job_variables is None else raw(new.job_variables),
        secrets=seal_parts(workspace, "flow_run", run_id, parts),
        event=f"prefect.flow-run.{entered.name}", resource_id=f"prefect.flow-run.{run_id}",
        resource=announcing.resource(run_id, name, changes.run_count, entered),
        related=raw(announcing.related(new.origin, new.parent_task_run_id, tags, as_dict(new.created_by))),
        payload=announcing.payload(None, entered.type, entered),
    )  # fmt: skip
    if made is None:
        return existing_run(workspace, new, now), False
    if data is not None:
        artifacts.keep_result(workspace, entered.data, flow_run_id=run_id, task_run_id=None, now=now)
    announcing.announce(workspace)
    if new.parent_task_run_id is not None:
        task_transitions.force_state(workspace, new.parent_task_run_id, mirrored(entered, run_id), now=now)
    run = FlowRun(
        id=run_id, created=now, updated=now, name=name, flow_id=new.flow_id, state_id=state_id,
        deployment_id=new.deployment_id, deployment_version=new.deployment_version, work_queue_id=new.work_queue_id,
        work_queue_name=new.origin.work_queue_name or new.work_queue_name, work_pool_id=new.origin.work_pool_id,
        work_pool_name=new.origin.work_pool_name, flow_version=new.flow_version, parameters=new.parameters,
        idempotency_key=new.idempotency_key, context=new.context, empirical_policy=new.empirical_policy, tags=tags,
        labels=made.labels, parent_task_run_id=new.parent_task_run_id, state_type=entered.type, state_name=entered.name,
        run_count=changes.run_count, expected_start_time=changes.expected_start_time,
        next_scheduled_start_time=changes.next_scheduled_start_time, start_time=changes.start_time,
        end_time=changes.end_time, infrastructure_document_id=new.infrastructure_document_id,
        created_by=new.created_by, job_variables=new.job_variables or {},
        state=states.stored_state(state_id, entered, data),
    )  # fmt: skip
    return rows.estimate(run, now), True


def as_dict(created_by: CreatedBy | None) -> dict[str, Any] | None:
    return None if created_by is None else {name: getattr(created_by, name) for name in ("id", "type", "display_value")}


def existing_run(workspace: UUID, new: NewFlowRun, now: datetime) -> FlowRun:
    """The run that holds the idempotency key; without a key, the flow was missing."""
    id = None
    if new.idempotency_key is not None:
        id = queries.find_flow_run(workspace=workspace, flow=new.flow_id, key=new.idempotency_key)
    if id is None:
        raise Conflict(INTEGRITY_CONFLICT)
    return read_flow_run(workspace, id, now=now)


def check_parameters(parameters: dict[str, Any]) -> None:
    size = len(bytes(raw(parameters)))
    if size > MAX_PARAMETERS:
        raise Invalid(
            f"Flow run parameters must be less than {MAX_PARAMETERS:,} bytes when serialized (got {size:,} bytes)."
        )


def read_flow_run(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> FlowRun:
    run = queries.read_flow_run(workspace=workspace, run=flow_run_id)
    if run is None:
        raise NotFound("Flow run not found")
    return rows.estimate(run, now)


def list_flow_runs(workspace: UUID, body: Any, *, now: datetime) -> list[FlowRun]:
    """The page of runs that a filter body asks for."""
    limits, where = page_limits(body), compile_filter("flow_runs", body)
    extra = {"where": where.text, "order": order_by("flow_runs", body.sort)}
    found = queries.read_flow_runs(
        extra=extra, workspace=workspace, limit=limits.limit, offset=limits.offset, **where.params
    )
    return [rows.estimate(run, now) for run in found]


def count_flow_runs(workspace: UUID, body: Any) -> int:
    where = compile_filter("flow_runs", body)
    return int(queries.count_flow_runs(extra={"where": where.text}, workspace=workspace, **where.params))


def update_flow_run(workspace: UUID, flow_run_id: UUID, body: FlowRunUpdate, *, now: datetime) -> None:
    """Write the fields that were sent. Job variables change only while the run is SCHEDULED and has a deployment."""
    if body.job_variables is not UNSET:
        check_job_variables_may_change(read_flow_run(workspace, flow_run_id, now=now))
    sent = present(body)
    if "parameters" in sent:
        check_parameters(body.parameters)  # type: ignore[arg-type]
    if isinstance(body.parameters, dict):
        body.parameters = data_boundary.parameters_to_store(workspace, body.parameters, runs_elsewhere=False)
    secrets = secrecy.hide_changes(workspace, flow_run_id, body)
    changed = queries.update_flow_run(
        workspace=workspace, run=flow_run_id, now=now,
        set_name="name" in sent, name=sent.get("name") or random_name(),
        set_flow_version="flow_version" in sent, flow_version=sent.get("flow_version"),
        set_parameters="parameters" in sent, parameters=json_or_null(body.parameters),
        set_policy="empirical_policy" in sent, policy=json_or_null(body.empirical_policy),
        set_tags="tags" in sent, tags=list(dict.fromkeys(sent.get("tags", []))),  # type: ignore[call-overload]
        set_pid="infrastructure_pid" in sent, pid=sent.get("infrastructure_pid"),
        set_job_variables="job_variables" in sent, job_variables=json_or_null(body.job_variables),
        secrets=secrets,
    )  # fmt: skip
    if changed is None:
        raise NotFound("Flow run not found")
    announcing.announce(workspace)


def json_or_null(value: Any) -> Any:
    return None if value is None or isinstance(value, UnsetType) else raw(value)


def check_job_variables_may_change(run: FlowRun) -> None:
    if run.state is None:
        raise BadRequest("Flow run state is required to update job variables but none exists")
    if run.state.type != "SCHEDULED":
        raise BadRequest(f"Job variables for a flow run in state {run.state.type} cannot be updated")
    if run.deployment_id is None:
        raise BadRequest("A deployment for the flow run could not be found")


def merge_labels(workspace: UUID, flow_run_id: UUID, labels: dict[str, Any], *, now: datetime) -> None:
    if not queries.merge_flow_run_labels(workspace=workspace, run=flow_run_id, labels=raw(labels), now=now):
        raise NotFound(f"Flow run with id {flow_run_id} not found", envelope="exception_message")


def delete_flow_run(workspace: UUID, flow_run_id: UUID) -> None:
    """Remove a run with its states, task runs, inputs and logs, and give its slots back."""
    name = queries.delete_flow_run(workspace=workspace, run=flow_run_id)
    if name is None:
        raise NotFound("Flow run not found")
    audit.record(workspace, action="flow-run.deleted", target_kind="flow-run", target_id=flow_run_id, target_name=name)


def list_states(workspace: UUID, flow_run_id: UUID) -> list[State]:
    return queries.read_flow_run_states(workspace=workspace, run=flow_run_id)


def read_state(workspace: UUID, state_id: UUID) -> State:
    state = queries.read_flow_run_state(workspace=workspace, state=state_id)
    if state is None:
        raise NotFound("Flow run state not found")
    return state
