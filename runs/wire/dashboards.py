"""What Prefect's own UI asks for, on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from controlplane.wire.structs import Named, Out
from runs.wire.task_runs import TaskRun


class OfFlowRuns(Named):
    flow_run_ids: list[UUID]


class OfFlows(Named):
    flow_ids: list[UUID]


class RunDot(Out, kw_only=True):
    """A run in a chart: `timestamp` is when it started or should, durations in seconds."""

    id: UUID
    state_type: str
    timestamp: datetime
    duration: float
    lateness: float


class NextRun(Out, kw_only=True):
    id: UUID
    flow_id: UUID
    name: str
    state_name: str
    state_type: str
    next_scheduled_start_time: datetime


class TaskOutcomes(Out, kw_only=True):
    completed: int
    failed: int


class NamedTaskRun(TaskRun, kw_only=True):
    """A task run with the name of its flow run."""

    flow_run_name: str | None = None


class Interval(Out):
    """One bucket of a history."""

    interval_start: datetime
    interval_end: datetime
    states: Any
