"""What the pages of runs show, read in few statements."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import BadRequest, NotFound
from runs import queries_pages as queries
from runs.queries_pages import (
    Bar,
    FlowDeployment,
    FlowPage,
    FlowRow,
    Line,
    ListFacts,
    PastState,
    Pulse,
    RunEvent,
    RunPage,
    RunRow,
    TaskPage,
    TimelineRow,
)
from runs.services import transitions
from runs.services.page_filter import Edge, RunFilter, condition, order_of
from runs.wire.states import OrchestrationResult, StateCreate, StateDetails

PAGE = 50
WINDOW = 500
"""Lines of a log on one page."""
LAST_LINE = 2_147_483_647
RETRYABLE = ("FAILED", "CRASHED", "CANCELLED")
FINISHED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def list_rows(
    workspace: UUID, filter: RunFilter, *, now: datetime, edge: Edge | None = None, limit: int = PAGE
) -> tuple[list[RunRow], bool]:
    """A page in the order of the list, and whether there is more beyond it (away from the edge)."""
    where = condition(filter, now=now, edge=edge)
    side = None if edge is None else edge.side
    extra = {"where": where.text, "order": order_of(filter, side)}
    found = queries.read_run_rows(extra=extra, workspace=workspace, limit=limit + 1, **where.params)
    rows, more = found[:limit], len(found) > limit
    return (rows[::-1] if side == "newer" else rows), more


def count_newer(workspace: UUID, filter: RunFilter, edge: Edge, *, now: datetime) -> int:
    """Runs that came in above an edge; at most 100 are counted."""
    where = condition(filter, now=now, edge=edge)
    return int(queries.count_new_runs(extra={"where": where.text}, workspace=workspace, **where.params))


def count_bars(
    workspace: UUID, filter: RunFilter, *, start: datetime, bars: int, length: timedelta, now: datetime
) -> list[Bar]:
    where = condition(filter, now=now)
    end = start + bars * length
    return queries.count_runs_by_time(
        extra={"where": where.text},
        workspace=workspace,
        start=start,
        end=end,
        seconds=length.total_seconds(),
        **where.params,
    )


def read_list_facts(workspace: UUID, filter: RunFilter, *, now: datetime) -> ListFacts:
    facts = queries.read_list_facts(workspace=workspace, now=now, flow=filter.flow, deployment=filter.deployment)
    assert facts is not None
    return facts


def read_run(workspace: UUID, run_id: UUID, *, now: datetime) -> RunPage:
    run = queries.read_run_page(workspace=workspace, run=run_id, now=now)
    if run is None:
        raise NotFound("There is no such run in this workspace. It may have been deleted.")
    return run


def read_pulse(workspace: UUID, run_id: UUID) -> Pulse | None:
    return queries.read_pulse(workspace=workspace, run=run_id)


def read_timeline(workspace: UUID, run_id: UUID) -> list[TimelineRow]:
    return queries.read_timeline(workspace=workspace, run=run_id)


def read_lines(
    workspace: UUID, run_id: UUID, *, level: int = 0, last: int | None = None, limit: int = WINDOW
) -> list[Line]:
    """The lines up to number `last` (the end without it), in order; numbers count every level."""
    found = queries.read_log_window(workspace=workspace, run=run_id, level=level, last=last or LAST_LINE, limit=limit)
    return found[::-1]


def read_task_lines(workspace: UUID, task_id: UUID) -> list[Line]:
    return queries.read_task_lines(workspace=workspace, task=task_id, limit=WINDOW)


def read_last_error(workspace: UUID, run_id: UUID) -> Line | None:
    return queries.read_last_error(workspace=workspace, run=run_id)


def list_subflows(workspace: UUID, run_id: UUID) -> list[RunRow]:
    return queries.read_subflows(workspace=workspace, run=run_id)


def list_past_states(workspace: UUID, run_id: UUID) -> list[PastState]:
    return queries.read_past_states(workspace=workspace, run=run_id)


def list_past_task_states(workspace: UUID, task_id: UUID) -> list[PastState]:
    return queries.read_past_task_states(workspace=workspace, task=task_id)


def list_events(workspace: UUID, run_id: UUID) -> list[RunEvent]:
    return queries.read_run_events(workspace=workspace, resource=f"prefect.flow-run.{run_id}")


def read_task(workspace: UUID, task_id: UUID) -> TaskPage:
    task = queries.read_task_page(workspace=workspace, task=task_id)
    if task is None:
        raise NotFound("There is no such task run in this workspace. It may have been deleted with its run.")
    return task


def read_task_names(workspace: UUID, ids: list[UUID]) -> dict[UUID, str]:
    return {task.id: task.name for task in queries.read_task_names(workspace=workspace, ids=ids)} if ids else {}


def list_flow_rows(
    workspace: UUID, *, now: datetime, text: str | None = None, after: str | None = None
) -> tuple[list[FlowRow], bool]:
    """Flows by name, `PAGE` after the name `after`, and whether there are more."""
    found = queries.read_flow_rows(workspace=workspace, now=now, q=text, after=after, limit=PAGE + 1)
    return found[:PAGE], len(found) > PAGE


def read_flow(workspace: UUID, flow_id: UUID) -> FlowPage:
    flow = queries.read_flow_page(workspace=workspace, flow=flow_id)
    if flow is None:
        raise NotFound("There is no such flow in this workspace. It may have been deleted.")
    return flow


def list_flow_deployments(workspace: UUID, flow_id: UUID) -> list[FlowDeployment]:
    return queries.read_flow_deployments(workspace=workspace, flow=flow_id)


def cancel_run(
    workspace: UUID, run_id: UUID, *, person: str, now: datetime, where: str = "in the browser"
) -> OrchestrationResult:
    """Ask for CANCELLING; the rules turn it into CANCELLED where no process has to be stopped."""
    wanted = StateCreate(type="CANCELLING", message=f"Cancelled by {person} {where}.")
    return transitions.propose_state(workspace, run_id, wanted, now=now).body


def retry_run(
    workspace: UUID, run_id: UUID, *, person: str, now: datetime, where: str = "in the browser"
) -> OrchestrationResult:
    """Schedule a finished run of a deployment again, for now. BadRequest says why another cannot be retried."""
    facts = queries.read_retry_facts(workspace=workspace, run=run_id)
    if facts is None:
        raise NotFound("There is no such run in this workspace. It may have been deleted.")
    if (reason := why_not_retry(facts)) is not None:
        raise BadRequest(reason)
    wanted = StateCreate(
        type="SCHEDULED", name="AwaitingRetry", message=f"Retried by {person} {where}.",
        state_details=StateDetails(scheduled_time=now),
    )  # fmt: skip
    return transitions.propose_state(workspace, run_id, wanted, now=now).body


def why_not_retry(run: Any) -> str | None:
    """Why a run cannot be retried from here; None if it can."""
    if run.state_type not in RETRYABLE:
        return "Only a failed, crashed or cancelled run can be retried."
    if run.deployment_id is None:
        return "This run has no deployment, so no worker can start it again. Run its script again instead."
    if not getattr(run, "deployment_exists", True):
        return "The deployment of this run was deleted, so no worker can start it again."
    return None


def plain(value: Any) -> Any:
    """A jsonb column as Python objects."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
