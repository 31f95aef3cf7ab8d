"""REST doors of task runs."""

from uuid import UUID

from msgspec import Struct

from controlplane.filters import page_limits
from controlplane.wire.clients import is_2
from controlplane.wire.doors import Call, Reply, delete, get, patch, post
from controlplane.wire.replays import fingerprint
from controlplane.wire.structs import Page, make_page
from runs import filters
from runs.services import dashboards, task_runs, task_transitions
from runs.wire.dashboards import Interval
from runs.wire.states import OrchestrationResult, SetState, State
from runs.wire.task_runs import TaskRun, TaskRunCreate, TaskRunUpdate, defer, summarise
from workspaces.permissions import Permission


class OfTaskRun(Struct):
    """Query string of the state list."""

    task_run_id: UUID


@post("task_runs", needs=Permission.RUN_FLOWS, status=201)
def create_task_run(call: Call, body: TaskRunCreate) -> Reply[TaskRun]:
    asked = defer(body) if is_2(call.client_version) else body
    run, created = task_runs.create_task_run(call.workspace, asked, now=call.now)
    return Reply(run, 201 if created else 200)


@get("task_runs/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_task_run(call: Call, id: UUID) -> TaskRun:
    return task_runs.read_task_run(call.workspace, id, now=call.now)


@patch("task_runs/<uuid:id>", needs=Permission.RUN_FLOWS)
def update_task_run(call: Call, id: UUID, body: TaskRunUpdate) -> None:
    if isinstance(body.name, str):
        task_runs.rename_task_run(call.workspace, id, body.name, now=call.now)


@delete("task_runs/<uuid:id>", needs=Permission.MANAGE_FLOWS)
def delete_task_run(call: Call, id: UUID) -> None:
    task_runs.delete_task_run(call.workspace, id)


@post("task_runs/<uuid:id>/set_state", needs=Permission.RUN_FLOWS)
def set_task_run_state(call: Call, id: UUID, body: SetState, raw: bytes) -> Reply[OrchestrationResult]:
    # Prefect's clients do not name these, but nobody competes for a task run through this door.
    telling = call.client_version is not None or body.state.state_details.transition_id is not None
    asked = fingerprint(call, raw, telling=telling)
    return task_transitions.propose_state(call.workspace, id, body.state, force=body.force, now=call.now, asked=asked)


@post("task_runs/filter", needs=Permission.SEE_FLOWS)
def filter_task_runs(call: Call, body: filters.TaskRunsFilter) -> list[TaskRun]:
    return task_runs.list_task_runs(call.workspace, body, now=call.now)


@post("task_runs/count", needs=Permission.SEE_FLOWS)
def count_task_runs(call: Call, body: filters.TaskRunsCount) -> int:
    return task_runs.count_task_runs(call.workspace, body)


@post("task_runs/paginate", needs=Permission.SEE_FLOWS)
def paginate_task_runs(call: Call, body: filters.TaskRunsPaginate) -> Page:
    results = [summarise(run) for run in task_runs.list_task_runs(call.workspace, body, now=call.now)]
    count = task_runs.count_task_runs(call.workspace, body)
    return make_page(results, count=count, limit=page_limits(body).limit, page=body.page or 1)


@post("task_runs/history", needs=Permission.SEE_FLOWS)
def read_history(call: Call, body: filters.TaskRunsHistory) -> list[Interval]:
    return dashboards.read_history(call.workspace, "task_runs", body, now=call.now)


@get("task_run_states", needs=Permission.SEE_FLOWS)
def list_task_run_states(call: Call, query: OfTaskRun) -> list[State]:
    return task_runs.list_states(call.workspace, query.task_run_id)


@get("task_run_states/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_task_run_state(call: Call, id: UUID) -> State:
    return task_runs.read_state(call.workspace, id)
