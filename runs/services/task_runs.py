"""Task runs: made over REST (2.x, background tasks, stand-ins of subflows), read, renamed and deleted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.errors import INTEGRITY_CONFLICT, Conflict, NotFound
from controlplane.filters import compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from runs import queries, rows
from runs.rules.decide import decide_task_run
from runs.rules.facts import TaskRunFacts, propose
from runs.rules.policies import MINIMAL_TASK_POLICY
from runs.services import announcing, artifacts, states
from runs.services.announcing import raw
from runs.services.names import random_name
from runs.wire.states import State, StateCreate
from runs.wire.task_runs import TaskRun, TaskRunCreate
from workspaces.services import data_boundary

PENDING = StateCreate(type="PENDING")


def create_task_run(workspace: UUID, body: TaskRunCreate, *, now: datetime) -> tuple[TaskRun, bool]:
    """The task run, and whether it is new: flow run, task key and dynamic key together name one."""
    run_id, state_id = body.id or uuid7(), uuid7()
    proposed = propose(body.state or PENDING, now)
    facts = TaskRunFacts(id=run_id, flow_run_id=body.flow_run_id)
    decision = decide_task_run(facts, proposed, now, MINIMAL_TASK_POLICY)
    entered, changes = decision.state, decision.run
    assert entered is not None
    assert changes is not None
    data = states.storable(entered.data)
    data_boundary.check_result(workspace, data)
    name, tags = body.name or random_name(), list(dict.fromkeys(body.tags))
    made = queries.create_task_run(
        workspace=workspace, id=run_id, now=now, flow_run=body.flow_run_id, name=name,
        task_key=body.task_key, dynamic_key=body.dynamic_key, cache_key=body.cache_key,
        cache_expiration=body.cache_expiration, task_version=body.task_version, policy=raw(body.empirical_policy),
        tags=tags, labels=raw(body.labels or {}), inputs=raw(body.task_inputs), state=state_id,
        type=entered.type, state_name=entered.name, timestamp=entered.timestamp, message=entered.message,
        data=None if data is None else raw(data), details=raw(entered.state_details), run_count=changes.run_count,
        expected=changes.expected_start_time, next=changes.next_scheduled_start_time, start=changes.start_time,
        end=changes.end_time,
    )  # fmt: skip
    if made is None:
        return existing_run(workspace, body, now), False
    if data is not None:
        artifacts.keep_result(workspace, entered.data, flow_run_id=body.flow_run_id, task_run_id=run_id, now=now)
    announcing.announce_task(workspace, entered)
    run = TaskRun(
        id=run_id, created=now, updated=now, name=name, flow_run_id=body.flow_run_id, task_key=body.task_key,
        dynamic_key=body.dynamic_key, cache_key=body.cache_key, cache_expiration=body.cache_expiration,
        task_version=body.task_version, empirical_policy=body.empirical_policy, tags=tags, labels=made.labels,
        state_id=state_id, task_inputs=body.task_inputs, state_type=entered.type, state_name=entered.name,
        run_count=changes.run_count, expected_start_time=changes.expected_start_time,
        next_scheduled_start_time=changes.next_scheduled_start_time, start_time=changes.start_time,
        end_time=changes.end_time, state=states.stored_state(state_id, entered, data),
    )  # fmt: skip
    return rows.estimate(run, now), True


def existing_run(workspace: UUID, body: TaskRunCreate, now: datetime) -> TaskRun:
    """The task run that has these keys; without one the id is taken, or the flow run is missing."""
    found = queries.find_task_run(
        workspace=workspace, flow_run=body.flow_run_id, task_key=body.task_key, dynamic_key=body.dynamic_key
    )
    if found is None:
        raise Conflict(INTEGRITY_CONFLICT)
    return read_task_run(workspace, found, now=now)


def read_task_run(workspace: UUID, task_run_id: UUID, *, now: datetime) -> TaskRun:
    extra = {
        "where": "task_run.workspace_id = %(workspace)s::uuid AND task_run.id = %(id)s::uuid",
        "order": "task_run.id",
    }
    found = queries.read_task_runs(extra=extra, workspace=workspace, id=task_run_id, limit=1, offset=0)
    if not found:
        raise NotFound("Task not found")
    return rows.estimate(found[0], now)


def list_task_runs(workspace: UUID, body: Any, *, now: datetime) -> list[TaskRun]:
    limits, where = page_limits(body), compile_filter("task_runs", body)
    extra = {"where": where.text, "order": order_by("task_runs", body.sort)}
    found = queries.read_task_runs(
        extra=extra, workspace=workspace, limit=limits.limit, offset=limits.offset, **where.params
    )
    return [rows.estimate(run, now) for run in found]


def count_task_runs(workspace: UUID, body: Any) -> int:
    where = compile_filter("task_runs", body)
    return int(queries.count_task_runs(extra={"where": where.text}, workspace=workspace, **where.params))


def rename_task_run(workspace: UUID, task_run_id: UUID, name: str, *, now: datetime) -> None:
    if not queries.rename_task_run(workspace=workspace, run=task_run_id, name=name, now=now):
        raise NotFound("Task run not found")


def delete_task_run(workspace: UUID, task_run_id: UUID) -> None:
    if not queries.delete_task_run(workspace=workspace, run=task_run_id):
        raise NotFound("Task not found")


def list_states(workspace: UUID, task_run_id: UUID) -> list[State]:
    return queries.read_task_run_states(workspace=workspace, run=task_run_id)


def read_state(workspace: UUID, state_id: UUID) -> State:
    state = queries.read_task_run_state(workspace=workspace, state=state_id)
    if state is None:
        # The real server's words, for task run states too.
        raise NotFound("Flow run state not found")
    return state
