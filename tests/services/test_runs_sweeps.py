"""The sweeps of runs: what nobody ends is ended, once, and nothing else is touched."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from controlplane.sql.transactions import workspace_transaction
from runs.models import FlowRun, FlowRunState, TaskRun, TaskRunState
from runs.services import flow_runs, flows, sweeping, task_runs, transitions
from runs.services.flow_runs import NewFlowRun
from runs.services.resuming import resume_flow_run
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate, StateDetails
from runs.wire.task_runs import TaskRunCreate
from tests.world import make_tenant

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
DEADLINE = NOW + timedelta(seconds=60)
SWEEPS = (
    sweeping.fail_expired_pauses,
    sweeping.finish_stuck_cancellations,
    sweeping.cancel_orphaned_task_runs,
    sweeping.cancel_orphaned_subflows,
)


@pytest.fixture
def workspace(alice, nothing_left) -> UUID:
    return alice.workspace_id


@pytest.fixture
def nothing_left(quiet) -> None:
    """Sweeps see every tenant: what other tests left behind is swept before."""
    sweep_all(NOW + timedelta(days=1))


def run_in(workspace: UUID, type: str = "RUNNING", *, now: datetime = NOW, **fields) -> UUID:
    """A flow run that was created running and has then entered this state."""
    details = fields.pop("details", StateDetails())
    with workspace_transaction(workspace):
        flow, _ = flows.create_flow(workspace, FlowCreate(name="f"))
        new = NewFlowRun(flow_id=flow.id, state=StateCreate(type="RUNNING"), **fields)
        run, _ = flow_runs.create_flow_run(workspace, new, now=now)
        if type != "RUNNING":
            state = StateCreate(type=type, state_details=details)
            reply = transitions.propose_state(workspace, run.id, state, now=now + timedelta(milliseconds=1))
            assert reply.status == 201
    return run.id


def task_in(workspace: UUID, flow_run: UUID, type: str) -> UUID:
    body = TaskRunCreate(flow_run_id=flow_run, task_key="t", dynamic_key=str(uuid4()), state=StateCreate(type=type))
    with workspace_transaction(workspace):
        return task_runs.create_task_run(workspace, body, now=NOW)[0].id


def state_of(workspace: UUID, run: UUID, runs=FlowRun, states=FlowRunState) -> tuple[str, str, str | None]:
    with workspace_transaction(workspace):
        found = runs.objects.of(workspace).get(id=run)
        state = states.objects.of(workspace).get(id=found.state_id)
    assert (found.state_type, found.state_name) == (state.type, state.name)
    return state.type, state.name, state.message


def task_state_of(workspace: UUID, run: UUID) -> tuple[str, str, str | None]:
    return state_of(workspace, run, TaskRun, TaskRunState)


def sweep_all(moment: datetime) -> list[int]:
    return [sweep(moment) for sweep in SWEEPS]


def test_a_pause_ends_at_its_deadline_and_not_before(workspace):
    run = run_in(workspace, "PAUSED", details=StateDetails(pause_timeout=DEADLINE))
    assert sweep_all(DEADLINE) == [0, 0, 0, 0]
    assert state_of(workspace, run) == ("PAUSED", "Paused", None)
    assert sweep_all(DEADLINE + timedelta(seconds=1)) == [1, 0, 0, 0]
    assert state_of(workspace, run) == ("FAILED", "Failed", "The flow was paused and never resumed.")
    assert sweep_all(DEADLINE + timedelta(seconds=2)) == [0, 0, 0, 0]
    with workspace_transaction(workspace):
        assert FlowRunState.objects.of(workspace).filter(flow_run_id=run).count() == 3


def test_a_run_that_is_resumed_too_late_fails_before_any_sweep(workspace):
    """As the real server answers; there and here a sweep may be faster, so this is not asked of running servers."""
    run = run_in(workspace, "PAUSED", details=StateDetails(pause_timeout=DEADLINE))
    with workspace_transaction(workspace):
        reply = resume_flow_run(
            workspace, run, None, now=DEADLINE + timedelta(seconds=1), hydrate=dict, check=lambda *_: None
        )
    assert (reply.status, reply.body.status) == (201, "REJECT")
    assert state_of(workspace, run) == ("FAILED", "Failed", "The flow was running and never resumed.")


def test_a_pause_that_was_resumed_goes_on(workspace):
    run = run_in(workspace, "PAUSED", details=StateDetails(pause_timeout=DEADLINE))
    with workspace_transaction(workspace):
        transitions.propose_state(workspace, run, StateCreate(type="RUNNING"), now=NOW + timedelta(seconds=30))
    assert sweep_all(DEADLINE + timedelta(seconds=1)) == [0, 0, 0, 0]
    assert state_of(workspace, run) == ("RUNNING", "Running", None)


def test_a_cancellation_that_hangs_is_ended_after_five_minutes(workspace):
    run = run_in(workspace, "CANCELLING")
    assert sweep_all(NOW + timedelta(seconds=300)) == [0, 0, 0, 0]
    assert state_of(workspace, run) == ("CANCELLING", "Cancelling", None)
    assert sweep_all(NOW + timedelta(seconds=301)) == [0, 1, 0, 0]
    message = "Flow run cancellation timed out; marked this flow run as Cancelled."
    assert state_of(workspace, run) == ("CANCELLED", "Cancelled", message)
    assert sweep_all(NOW + timedelta(seconds=302)) == [0, 0, 0, 0]


def test_task_runs_end_with_their_cancelled_flow_run(workspace):
    run = run_in(workspace)
    tasks = {type: task_in(workspace, run, type) for type in ("PENDING", "RUNNING", "COMPLETED")}
    other = task_in(workspace, run_in(workspace), "RUNNING")
    with workspace_transaction(workspace):
        transitions.propose_state(workspace, run, StateCreate(type="CANCELLED"), now=NOW + timedelta(seconds=1))
    assert sweep_all(NOW + timedelta(seconds=2)) == [0, 0, 2, 0]
    cancelled = ("CANCELLED", "Cancelled", "The parent flow run was cancelled.")
    assert {type: task_state_of(workspace, task) for type, task in tasks.items()} == {
        "PENDING": cancelled,
        "RUNNING": cancelled,
        "COMPLETED": ("COMPLETED", "Completed", None),
    }
    assert task_state_of(workspace, other) == ("RUNNING", "Running", None)
    assert sweep_all(NOW + timedelta(seconds=3)) == [0, 0, 0, 0]


def test_what_was_cancelled_days_ago_is_left_alone(workspace):
    run = run_in(workspace)
    task = task_in(workspace, run, "RUNNING")
    with workspace_transaction(workspace):
        transitions.propose_state(workspace, run, StateCreate(type="CANCELLED"), now=NOW + timedelta(seconds=1))
    assert sweeping.cancel_orphaned_task_runs(NOW + timedelta(days=1, seconds=1)) == 0
    assert task_state_of(workspace, task) == ("RUNNING", "Running", None)


@pytest.mark.parametrize(
    ("_case", "deployment", "state"),
    [
        ("a plain sub-flow has no process of its own", None, ("CANCELLED", "Cancelled")),
        ("one with a deployment is stopped by its worker", uuid4(), ("CANCELLING", "Cancelling")),
    ],
)
def test_a_subflow_follows_its_cancelled_parent(workspace, _case, deployment, state):
    parent = run_in(workspace)
    child = run_in(workspace, parent_task_run_id=task_in(workspace, parent, "RUNNING"), deployment_id=deployment)
    assert sweeping.cancel_orphaned_subflows(NOW + timedelta(seconds=1)) == 0
    with workspace_transaction(workspace):
        transitions.propose_state(workspace, parent, StateCreate(type="CANCELLED"), now=NOW + timedelta(seconds=1))
    assert sweeping.cancel_orphaned_subflows(NOW + timedelta(seconds=2)) == 1
    assert state_of(workspace, child) == (*state, "The parent flow run was cancelled.")
    assert sweeping.cancel_orphaned_subflows(NOW + timedelta(seconds=3)) == 0


def test_every_tenant_is_served_page_by_page(nothing_left, monkeypatch):
    monkeypatch.setattr(sweeping, "PAGE", 2)
    workspaces = [make_tenant("http://127.0.0.1:1", name).workspace_id for name in ("alice", "bob")]
    runs = [(workspace, run_in(workspace, "CANCELLING")) for workspace in workspaces for _ in range(3)]
    assert sweeping.finish_stuck_cancellations(NOW + timedelta(seconds=301)) == 6
    assert {state_of(*run)[0] for run in runs} == {"CANCELLED"}
