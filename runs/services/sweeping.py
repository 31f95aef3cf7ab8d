"""Runs that nobody ends: pauses that were not resumed, cancellations that hang, children of what was cancelled.

Candidates are found in all workspaces without a lock. Each is then looked at again under its own, in a transaction
of its workspace: several processes may sweep at once, and a run that has moved on is left alone.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from controlplane.sql.transactions import system_transaction, workspace_transaction
from runs import queries_sweeps as found
from runs.queries_sweeps import Candidate
from runs.rules.facts import Proposed
from runs.services import locking, task_transitions, transitions
from runs.wire.states import TERMINAL, OrchestrationResult, StateCreate, StateType

PAGE = 200
CANCELLING_LASTS = timedelta(seconds=300)
TASK_RUNS_ARE_CANCELLED_FOR = timedelta(days=1)
NOBODY = UUID(int=0)

NEVER_RESUMED = "The flow was paused and never resumed."
PARENT_CANCELLED = "The parent flow run was cancelled."
TIMED_OUT = "Flow run cancellation timed out; marked this flow run as Cancelled."

Act = Callable[[Candidate], bool]
Afterwards = Callable[[UUID, UUID, UUID], object]


def nothing(workspace: UUID, flow_run: UUID, state: UUID) -> None:
    """Nobody has to be told."""


def fail_expired_pauses(now: datetime) -> int:
    """PAUSED beyond its deadline becomes FAILED. How many runs were changed."""

    def fail(run: Candidate) -> bool:
        return enter(run, "FAILED", NEVER_RESUMED, now=now, force=True)

    return sweep(found.find_expired_pauses, fail, now=now)


def finish_stuck_cancellations(now: datetime, *, afterwards: Afterwards = nothing) -> int:
    """CANCELLING for too long becomes CANCELLED: whoever should have reported it will not. How many were changed.

    `afterwards` is told of each in the same transaction: workspace, run, and the state that was stored.
    """

    def finish(run: Candidate) -> bool:
        state = enter_state(run, "CANCELLED", TIMED_OUT, now=now, force=False)
        if state is None:
            return False
        afterwards(run.workspace_id, run.id, state)
        return True

    return sweep(found.find_stuck_cancellations, finish, before=now - CANCELLING_LASTS)


def cancel_orphaned_task_runs(now: datetime) -> int:
    """Unfinished task runs of a CANCELLED flow run become CANCELLED. How many were changed."""

    def cancel(run: Candidate) -> bool:
        task = locking.lock_task_run(run.workspace_id, run.id)
        if task is None or task.state_type in TERMINAL or task.parent_state_type != "CANCELLED":
            return False
        cancelled = Proposed("CANCELLED", "Cancelled", PARENT_CANCELLED)
        task_transitions.force_state(run.workspace_id, run.id, cancelled, now=now)
        return True

    return sweep(found.find_orphaned_task_runs, cancel, since=now - TASK_RUNS_ARE_CANCELLED_FOR)


def cancel_orphaned_subflows(now: datetime) -> int:
    """Unfinished sub-flows of a CANCELLED flow run end too. How many were changed.

    One with a deployment has infrastructure of its own, so it is CANCELLING until that is stopped.
    """

    def cancel(run: Candidate) -> bool:
        child = locking.lock_flow_run(run.workspace_id, run.id)
        if child is None or child.parent_task_run_id is None:
            return False
        stand_in = locking.lock_task_run(run.workspace_id, child.parent_task_run_id)
        if stand_in is None or stand_in.parent_state_type != "CANCELLED":
            return False
        entering: StateType = "CANCELLED" if child.deployment_id is None else "CANCELLING"
        return enter(run, entering, PARENT_CANCELLED, now=now, force=True)

    return sweep(found.find_orphaned_subflows, cancel)


def enter(run: Candidate, type: StateType, message: str, *, now: datetime, force: bool) -> bool:
    """Propose the state, unless the run has left the one it was found in. Whether one was stored."""
    return enter_state(run, type, message, now=now, force=force) is not None


def enter_state(run: Candidate, type: StateType, message: str, *, now: datetime, force: bool) -> UUID | None:
    """The same, and the id of the state that was stored."""
    row = locking.lock_flow_run(run.workspace_id, run.id)
    if row is None or row.state_id != run.state_id:
        return None
    state = StateCreate(type=type, message=message)
    reply = transitions.propose_state(run.workspace_id, run.id, state, force=force, now=now)
    stored: OrchestrationResult = reply.body
    return None if reply.status != 201 or stored.state is None else stored.state.id


def sweep(find: Callable[..., list[Candidate]], act: Act, **asked: datetime) -> int:
    changed = 0
    for run in all_pages(find, **asked):
        with workspace_transaction(run.workspace_id):
            changed += act(run)
    return changed


def all_pages(find: Callable[..., list[Candidate]], **asked: datetime) -> Iterator[Candidate]:
    """Every candidate once: what could not be changed is not found again in the same sweep."""
    workspace, last = NOBODY, NOBODY
    while True:
        with system_transaction():
            page = find(after_workspace=workspace, after=last, limit=PAGE, **asked)
        yield from page
        if len(page) < PAGE:
            return
        workspace, last = page[-1].workspace_id, page[-1].id
