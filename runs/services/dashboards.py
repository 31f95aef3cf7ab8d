"""Numbers and charts that Prefect's own UI asks for."""

from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from controlplane.errors import Invalid
from controlplane.filters import compile_filter, order_by
from runs import queries_dashboards as queries
from runs.services.task_runs import read_task_run
from runs.wire.dashboards import Interval, NamedTaskRun, NextRun, RunDot, TaskOutcomes
from runs.wire.states import STATE_TYPES

BUCKETS = 20
MAX_INTERVALS = 500
TABLES = {"flow_runs": "flow_run", "task_runs": "task_run"}


def average_lateness(workspace: UUID, body: Any, *, now: datetime) -> float | None:
    """Seconds; None if no run matches."""
    where = compile_filter("flow_runs", body)
    mean: float | None = queries.average_lateness(
        extra={"where": where.text}, workspace=workspace, now=now, **where.params
    )
    return mean


def read_history(workspace: UUID, root: str, body: Any, *, now: datetime) -> list[Interval]:
    """`flow_runs` or `task_runs` by state in at most 500 intervals from `history_start`.

    Invalid if an interval is under a second.
    """
    seconds = body.history_interval_seconds
    if seconds < 1:
        raise Invalid("History interval must not be less than 1 second.")
    count = min(ceil((body.history_end - body.history_start).total_seconds() / seconds), MAX_INTERVALS)
    if count <= 0:
        return []
    where = compile_filter(root, body)
    return queries.count_history(
        extra={"table": TABLES[root], "where": where.text}, workspace=workspace, now=now, start=body.history_start,
        interval=timedelta(seconds=seconds), seconds=seconds, count=count, **where.params,
    )  # fmt: skip


def read_run_dots(workspace: UUID, body: Any, *, now: datetime) -> list[RunDot]:
    where = compile_filter("flow_runs", body)
    extra = {"where": where.text, "order": order_by("flow_runs", body.sort)}
    return queries.read_run_dots(
        extra=extra, workspace=workspace, now=now, limit=body.limit, offset=body.offset, **where.params
    )


def count_tasks_of_runs(workspace: UUID, flow_run_ids: list[UUID]) -> dict[UUID, int]:
    return {row.id: row.number for row in queries.count_tasks_of_runs(workspace=workspace, ids=flow_run_ids)}


def count_deployments_of_flows(workspace: UUID, flow_ids: list[UUID]) -> dict[UUID, int]:
    return {row.id: row.number for row in queries.count_deployments_of_flows(workspace=workspace, ids=flow_ids)}


def read_next_runs(workspace: UUID, flow_ids: list[UUID]) -> dict[UUID, NextRun | None]:
    found = {run.flow_id: run for run in queries.read_next_runs(workspace=workspace, ids=flow_ids)}
    return {id: found.get(id) for id in flow_ids}


def count_tasks_by_state(workspace: UUID, body: Any) -> dict[str, int]:
    where = compile_filter("task_runs", body)
    rows = queries.count_tasks_by_state(extra={"where": where.text}, workspace=workspace, **where.params)
    return {**dict.fromkeys(STATE_TYPES, 0), **{row.state_type: row.number for row in rows}}


def count_outcomes(workspace: UUID, body: Any, *, now: datetime) -> list[TaskOutcomes]:
    """Completed and failed task runs in twenty equal stretches from `start_time.after_` to `before_`, or until now."""
    wanted = body.task_runs and body.task_runs.start_time
    if not wanted or wanted.after_ is None:
        raise Invalid("task_runs.start_time.after_ is required")
    seconds = ((wanted.before_ or now) - wanted.after_).total_seconds() / BUCKETS
    buckets = [TaskOutcomes(completed=0, failed=0) for _ in range(BUCKETS)]
    if seconds <= 0:
        return buckets
    where = compile_filter("task_outcomes", body)
    rows = queries.count_outcomes(
        extra={"where": where.text}, workspace=workspace, start=wanted.after_, seconds=seconds, **where.params
    )
    for row in rows:
        # The very end belongs to the last stretch.
        bucket = buckets[min(row.bucket, BUCKETS - 1)]
        bucket.completed += row.completed
        bucket.failed += row.failed
    return buckets


def read_named_task_run(workspace: UUID, task_run_id: UUID, *, now: datetime) -> NamedTaskRun:
    run = read_task_run(workspace, task_run_id, now=now)
    name = None
    if run.flow_run_id is not None:
        name = queries.find_flow_run_name(workspace=workspace, run=run.flow_run_id)
    return NamedTaskRun(**asdict(run), flow_run_name=name)
