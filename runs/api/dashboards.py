"""REST doors that Prefect's own UI uses."""

from uuid import UUID

from controlplane.wire.doors import Call, get, post
from runs import filters
from runs.services import dashboards
from runs.wire.dashboards import NamedTaskRun, NextRun, OfFlowRuns, OfFlows, RunDot, TaskOutcomes
from workspaces.permissions import Permission

SEE = Permission.SEE_FLOWS


@post("ui/flow_runs/history", needs=SEE)
def read_run_dots(call: Call, body: filters.FlowRunDots) -> list[RunDot]:
    return dashboards.read_run_dots(call.workspace, body, now=call.now)


@post("ui/flow_runs/count-task-runs", needs=SEE)
def count_tasks_of_runs(call: Call, body: OfFlowRuns) -> dict[UUID, int]:
    return dashboards.count_tasks_of_runs(call.workspace, body.flow_run_ids)


@post("ui/flows/count-deployments", needs=SEE)
def count_deployments_of_flows(call: Call, body: OfFlows) -> dict[UUID, int]:
    return dashboards.count_deployments_of_flows(call.workspace, body.flow_ids)


@post("ui/flows/next-runs", needs=SEE)
def read_next_runs(call: Call, body: OfFlows) -> dict[UUID, NextRun | None]:
    return dashboards.read_next_runs(call.workspace, body.flow_ids)


@post("ui/task_runs/count", needs=SEE)
def count_tasks_by_state(call: Call, body: filters.TaskRunsCount) -> dict[str, int]:
    return dashboards.count_tasks_by_state(call.workspace, body)


@post("ui/task_runs/dashboard/counts", needs=SEE)
def count_outcomes(call: Call, body: filters.TaskOutcomesFilter) -> list[TaskOutcomes]:
    return dashboards.count_outcomes(call.workspace, body, now=call.now)


@get("ui/task_runs/<uuid:id>", needs=SEE)
def read_named_task_run(call: Call, id: UUID) -> NamedTaskRun:
    return dashboards.read_named_task_run(call.workspace, id, now=call.now)
