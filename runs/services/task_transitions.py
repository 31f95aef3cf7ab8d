"""set_state of task runs that are orchestrated here: 2.x clients, background tasks and the stand-ins of subflows."""

import random
from datetime import datetime
from uuid import UUID

from msgspec import json

from controlplane.errors import NotFound
from controlplane.ids import uuid7
from controlplane.wire.doors import Reply
from runs import queries
from runs.rules.decide import decide_task_run
from runs.rules.facts import CachedState, EnclosingFlowRun, Proposed, TaskRunFacts, propose
from runs.rules.policies import MINIMAL_TASK_POLICY, task_policy
from runs.rules.verdicts import Decision
from runs.services import announcing, artifacts, concurrency, locking, replays, states
from runs.services.announcing import raw
from runs.wire.policies import TaskRunPolicy
from runs.wire.states import OrchestrationResult, State, StateCreate
from workspaces.services import data_boundary

decode_policy = json.Decoder(TaskRunPolicy).decode


def propose_state(
    workspace: UUID,
    task_run_id: UUID,
    state: StateCreate,
    *,
    force: bool = False,
    now: datetime,
    asked: bytes | None = None,
) -> Reply[OrchestrationResult]:
    """Ask for a transition. 201 when a state was stored, 200 when none was; a retry (`asked`) gets the lost answer."""
    row = locking.lock_task_run(workspace, task_run_id)
    if row is None:
        raise NotFound(f"Task run with id {task_run_id} not found", envelope="exception_message")
    again = replays.answer_again(row, asked, state, now)
    if again is not None:
        return again
    proposed = propose(state, now)
    facts = task_run_facts(workspace, row, proposed, now)
    policy = task_policy(proposed, force=force)
    decision = decide_task_run(facts, proposed, now, policy, chance=random.random())
    if decision.state is None:
        return states.answered(decision, states.current_state(row), 200)
    kept = replays.remembered(asked, proposed, decision)
    return states.answered(decision, commit(workspace, row, decision, now, kept), 201)


def force_state(workspace: UUID, task_run_id: UUID, proposed: Proposed, *, now: datetime) -> None:
    """Store a state without asking the rules; a task run that is gone is passed over."""
    row = locking.lock_task_run(workspace, task_run_id)
    if row is None:
        return
    facts = task_run_facts(workspace, row, proposed, now)
    commit(workspace, row, decide_task_run(facts, proposed, now, MINIMAL_TASK_POLICY), now)


def commit(
    workspace: UUID, row: queries.LockedTaskRun, decision: Decision, now: datetime, asked: bytes | None = None
) -> State:
    entered, changes = decision.state, decision.run
    assert entered is not None
    assert changes is not None
    state_id = uuid7()
    data = states.storable(entered.data)
    data_boundary.check_result(workspace, data)
    queries.commit_task_run_transition(
        workspace=workspace, run=row.id, state=state_id, now=now, type=entered.type, name=entered.name,
        timestamp=entered.timestamp, message=entered.message, data=None if data is None else raw(data),
        details=raw(entered.state_details), run_count=changes.run_count, start=changes.start_time,
        end=changes.end_time, total=changes.total_run_time, expected=changes.expected_start_time,
        next=changes.next_scheduled_start_time, flow_run_run_count=decision.flow_run_run_count,
        asked=asked, refusal=decision.reason,
    )  # fmt: skip
    if decision.cache_insert is not None:
        queries.insert_cached_state(
            workspace=workspace, id=uuid7(), now=now, key=decision.cache_insert.key,
            expiration=decision.cache_insert.expiration, state=state_id,
        )  # fmt: skip
    if decision.takes or decision.renews or (decision.releases and row.tags):
        concurrency.apply(workspace, decision.takes, decision.renews, decision.releases)
    if data is not None:
        artifacts.keep_result(workspace, entered.data, flow_run_id=row.flow_run_id, task_run_id=row.id, now=now)
    announcing.announce_task(workspace, entered)
    return states.stored_state(state_id, entered, data)


def task_run_facts(workspace: UUID, row: queries.LockedTaskRun, proposed: Proposed, now: datetime) -> TaskRunFacts:
    """The facts; limits and cache are looked up only where a rule will ask, on entering RUNNING."""
    running = proposed.type == "RUNNING"
    return TaskRunFacts(
        id=row.id, state=states.current_facts(row), run_count=row.run_count, start_time=row.start_time,
        end_time=row.end_time, total_run_time=row.total_run_time, expected_start_time=row.expected_start_time,
        next_scheduled_start_time=row.next_scheduled_start_time, policy=decode_policy(row.empirical_policy),
        flow_run_id=row.flow_run_id, flow_run=enclosing(row), flow_run_run_count=row.flow_run_run_count,
        tags=tuple(row.tags),
        limits=concurrency.facts_for_tags(workspace, row.tags, row.id) if running and row.tags else (),
        cached=cached(workspace, proposed, now) if running else None,
    )  # fmt: skip


def enclosing(row: queries.LockedTaskRun) -> EnclosingFlowRun | None:
    if row.flow_run_id is None or row.parent_run_count is None:
        return None
    details = None if row.parent_details is None else states.decode_details(row.parent_details)
    return EnclosingFlowRun(
        id=row.flow_run_id, run_count=row.parent_run_count, state_type=row.parent_state_type,
        pause_timeout=details.pause_timeout if details else None,
        pause_reschedule=details.pause_reschedule if details else False,
    )  # fmt: skip


def cached(workspace: UUID, proposed: Proposed, now: datetime) -> CachedState | None:
    details = proposed.state_details
    if details.cache_key is None or details.refresh_cache:
        return None
    row = queries.find_cached_state(workspace=workspace, key=details.cache_key, now=now)
    if row is None:
        return None
    data = None if row.data is None else json.decode(row.data)
    return CachedState(message=row.message, data=data, state_details=states.decode_details(row.state_details))
