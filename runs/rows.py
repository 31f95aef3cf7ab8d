"""From the columns of a statement to the wire's Structs. jsonb stays unread."""

from datetime import datetime
from typing import Any, TypeVar

from runs.wire.flow_runs import FlowRun
from runs.wire.states import TERMINAL, State
from runs.wire.task_runs import TaskRun

Run = TypeVar("Run", FlowRun, TaskRun)


def state(**columns: Any) -> State:
    return State(**columns)


def flow_run(*, job_variables: Any, **columns: Any) -> FlowRun:
    """A flow run with its current state; a run that was never given job variables shows `{}`."""
    current = take_state(columns)
    run = FlowRun(**columns, state=current)
    if job_variables is not None:
        run.job_variables = job_variables
    return run


def task_run(**columns: Any) -> TaskRun:
    """A task run with its current state."""
    current = take_state(columns)
    return TaskRun(**columns, state=current)


def take_state(columns: dict[str, Any]) -> State | None:
    """Take the state's own columns out of a run's; what it shares with the run stays there too."""
    timestamp, message = columns.pop("state_timestamp"), columns.pop("state_message")
    data, details = columns.pop("state_data"), columns.pop("state_details")
    if columns["state_id"] is None:
        return None
    return State(
        id=columns["state_id"], type=columns["state_type"], name=columns["state_name"], timestamp=timestamp,
        message=message, data=data, state_details=details,
    )  # fmt: skip


def estimate(run: Run, now: datetime) -> Run:
    """Fill in what depends on the clock: how long it has run (seconds), and how late it began."""
    run.estimated_run_time = run.total_run_time
    if run.state_type == "RUNNING" and run.state is not None:
        run.estimated_run_time += max(0.0, (now - run.state.timestamp).total_seconds())
    expected, start = run.expected_start_time, run.start_time
    if expected is None:
        return run
    if start is not None:
        run.estimated_start_time_delta = max(0.0, (start - expected).total_seconds())
    elif run.state_type not in TERMINAL:
        run.estimated_start_time_delta = max(0.0, (now - expected).total_seconds())
    return run
