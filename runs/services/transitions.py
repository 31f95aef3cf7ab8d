"""set_state of flow runs: lock the run, let the rules decide, commit what they decided."""

from datetime import datetime
from uuid import UUID

from msgspec import Raw, json
from msgspec.structs import replace

from controlplane.errors import NotFound
from controlplane.ids import uuid7
from controlplane.wire.doors import Reply
from runs import queries
from runs.rules.decide import decide_flow_run
from runs.rules.facts import Entered, FlowRunFacts, Proposed, propose
from runs.rules.mirror import mirrored
from runs.rules.policies import flow_policy
from runs.rules.policy import Policy
from runs.rules.verdicts import Decision
from runs.services import announcing, artifacts, concurrency, locking, replays, states, task_transitions
from runs.services.announcing import raw
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import OrchestrationResult, State, StateCreate
from workspaces.services import data_boundary

decode_policy = json.Decoder(FlowRunPolicy).decode


def propose_state(
    workspace: UUID,
    flow_run_id: UUID,
    state: StateCreate,
    *,
    force: bool = False,
    now: datetime,
    client_version: str | None = None,
    policy: Policy | None = None,
    emit: bool = True,
    asked: bytes | None = None,
) -> Reply[OrchestrationResult]:
    """Ask for a transition. 201 when a state was stored (the one asked for or another), 200 when none was.

    `asked` tells a client's retry from another's proposal: it gets the answer that was lost.
    """
    row = locking.lock_flow_run(workspace, flow_run_id)
    if row is None:
        raise NotFound(f"Flow run with id {flow_run_id} not found", envelope="exception_message")
    again = replays.answer_again(row, asked, state, now)
    if again is not None:
        return again
    facts = flow_run_facts(workspace, row, client_version)
    proposed = propose(state, now)
    decision = decide_flow_run(facts, proposed, now, policy or flow_policy(force=force))
    if decision.state is None:
        return states.answered(decision, states.current_state(row), 200)
    stored = commit(workspace, row, facts, proposed, decision, now, emit, asked)
    return states.answered(decision, stored, 201)


def commit(
    workspace: UUID,
    row: queries.LockedFlowRun,
    facts: FlowRunFacts,
    proposed: Proposed,
    decision: Decision,
    now: datetime,
    emit: bool,
    asked: bytes | None,
) -> State:
    entered, changes = decision.state, decision.run
    assert entered is not None
    assert changes is not None
    state_id = uuid7()
    data = states.storable(entered.data)
    data_boundary.check_result(workspace, data)
    queries.commit_flow_run_transition(
        workspace=workspace, run=row.id, state=state_id, now=now, type=entered.type, name=entered.name,
        timestamp=entered.timestamp, message=entered.message, data=None if data is None else raw(data),
        details=raw(entered.state_details), run_count=changes.run_count, start=changes.start_time,
        end=changes.end_time, total=changes.total_run_time, expected=changes.expected_start_time,
        next=changes.next_scheduled_start_time, policy=None if decision.policy is None else raw(decision.policy),
        event=f"prefect.flow-run.{entered.name}" if emit else None, resource_id=f"prefect.flow-run.{row.id}",
        resource=announcing.resource(row.id, row.name, changes.run_count, entered), related=related_to(row),
        payload=announcing.payload(facts.state, proposed.type, entered),
        follows=announcing.follows(facts.state, entered.timestamp),
        asked=replays.remembered(asked, proposed, decision), refusal=decision.reason,
    )  # fmt: skip
    if decision.takes or decision.renews or decision.releases:
        concurrency.apply(workspace, decision.takes, decision.renews, decision.releases)
    if data is not None:
        artifacts.keep_result(workspace, entered.data, flow_run_id=row.id, task_run_id=None, now=now)
    if row.parent_task_run_id is not None:
        mirror(workspace, row, entered if data is None else replace(entered, data=data), now)
    announcing.announce(workspace)
    return states.stored_state(state_id, entered, data)


def mirror(workspace: UUID, row: queries.LockedFlowRun, entered: Entered, now: datetime) -> None:
    """Show a subflow's state on the task run that stands for it in the parent, if that still exists."""
    assert row.parent_task_run_id is not None
    task_transitions.force_state(workspace, row.parent_task_run_id, mirrored(entered, row.id), now=now)


def related_to(row: queries.LockedFlowRun) -> Raw:
    origin = announcing.Origin(
        row.deployment_id, row.deployment_name, row.work_queue_id, row.work_queue_name,
        row.work_pool_id, row.work_pool_name, row.work_pool_type,
    )  # fmt: skip
    flow = announcing.involved("flow", f"prefect.flow.{row.flow_id}", row.flow_name)
    return raw([flow, *announcing.related(origin, row.parent_task_run_id, row.tags, row.created_by)])


def flow_run_facts(workspace: UUID, row: queries.LockedFlowRun, client_version: str | None) -> FlowRunFacts:
    state = states.current_facts(row)
    limit = None
    if row.limit_id is not None:
        lease_id = state.state_details.deployment_concurrency_lease_id if state else None
        limit = concurrency.facts_for_deployment(
            workspace, row.limit_id, row.id, lease_id, options=row.concurrency_options
        )
    return FlowRunFacts(
        id=row.id, state=state, run_count=row.run_count, start_time=row.start_time, end_time=row.end_time,
        total_run_time=row.total_run_time, expected_start_time=row.expected_start_time,
        next_scheduled_start_time=row.next_scheduled_start_time, policy=decode_policy(row.empirical_policy),
        deployment_id=row.deployment_id, deployment_exists=row.deployment_exists, limit=limit,
        parent_task_run_id=row.parent_task_run_id, infrastructure_pid=row.infrastructure_pid,
        client_version=client_version,
    )  # fmt: skip
