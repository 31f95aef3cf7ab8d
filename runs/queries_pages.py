"""The statements of the pages, each bound to the row that it returns. jsonb columns are unread (`msgspec.Raw`)."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements


class RunRow(Struct):
    """A line of a list of runs."""

    id: UUID
    name: str
    state_type: str | None
    state_name: str | None
    state_timestamp: datetime | None
    flow_id: UUID
    flow_name: str
    deployment_id: UUID | None
    deployment_name: str | None
    expected_start_time: datetime
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    created_by: Any
    parent_task_run_id: UUID | None
    work_pool_name: str | None


class Bar(Struct):
    bucket: int
    look: str
    runs: int


class ListFacts(Struct):
    has_runs: bool
    upcoming: int
    flow_name: str | None
    deployment_name: str | None


class RunPage(Struct):
    id: UUID
    created: datetime
    name: str
    flow_id: UUID
    flow_name: str
    deployment_id: UUID | None
    deployment_name: str | None
    deployment_paused: bool | None
    deployment_version: str | None
    flow_version: str | None
    state_type: str | None
    state_name: str | None
    state_timestamp: datetime | None
    state_message: str | None
    run_count: int
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    parameters: Any
    job_variables: Any
    tags: list[str]
    created_by: Any
    infrastructure_pid: str | None
    idempotency_key: str | None
    parent_task_run_id: UUID | None
    parent_run_id: UUID | None
    parent_run_name: str | None
    work_queue_name: str | None
    queue_paused: bool | None
    work_pool_name: str | None
    work_pool_type: str | None
    pool_paused: bool | None
    workers: int
    workers_online: int
    worker_seen: datetime | None
    tasks: int
    tasks_failed: int
    task_retries: int
    lines: int
    states: int
    subflows: int


class Pulse(Struct, frozen=True):
    state_id: UUID | None
    state_type: str | None
    state_timestamp: datetime | None
    updated: datetime
    tasks_updated: datetime | None
    tasks: int
    lines: int


class TimelineRow(Struct):
    id: UUID
    name: str
    state_type: str | None
    state_name: str | None
    state_timestamp: datetime | None
    expected_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    run_count: int
    state_message: str | None
    child_id: UUID | None
    child_name: str | None
    child_state_type: str | None
    child_state_name: str | None
    child_start: datetime | None
    child_end: datetime | None
    attempts: Any


class Line(Struct):
    """A log line and its number in the run."""

    number: int
    timestamp: datetime
    level: int
    name: str
    message: str
    task_name: str | None


class PastState(Struct):
    id: UUID
    type: str
    name: str
    timestamp: datetime
    message: str | None


class RunEvent(Struct):
    id: UUID
    occurred: datetime
    event: str
    resource: Any
    payload: Any


class TaskPage(Struct):
    id: UUID
    created: datetime
    name: str
    flow_run_id: UUID | None
    flow_run_name: str | None
    flow_id: UUID | None
    flow_name: str | None
    task_key: str
    dynamic_key: str
    cache_key: str | None
    state_type: str | None
    state_name: str | None
    state_timestamp: datetime | None
    state_message: str | None
    run_count: int
    expected_start_time: datetime | None
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    tags: list[str]
    task_inputs: Any
    empirical_policy: Any
    child_id: UUID | None
    child_name: str | None


class Named(Struct):
    id: UUID
    name: str


class FlowRow(Struct):
    id: UUID
    name: str
    tags: list[str]
    created: datetime
    last_id: UUID | None
    last_name: str | None
    last_type: str | None
    last_state: str | None
    last_time: datetime | None
    next_time: datetime | None
    deployments: int
    runs: Any


class FlowPage(Struct):
    id: UUID
    name: str
    tags: list[str]
    created: datetime


class FlowDeployment(Struct):
    id: UUID
    name: str
    paused: bool


class RetryFacts(Struct):
    state_type: str | None
    deployment_id: UUID | None
    deployment_exists: bool


pages = Statements(Path(__file__).parent / "sql" / "pages.sql")
read_run_rows = pages.all("read_run_rows", RunRow)
count_new_runs = pages.scalar("count_new_runs")
count_runs_by_time = pages.all("count_runs_by_time", Bar)
read_list_facts = pages.one("read_list_facts", ListFacts)
read_run_page = pages.one("read_run_page", RunPage)
read_pulse = pages.one("read_pulse", Pulse)
read_timeline = pages.all("read_timeline", TimelineRow)
read_log_window = pages.all("read_log_window", Line)
read_task_lines = pages.all("read_task_lines", Line)
read_last_error = pages.one("read_last_error", Line)
read_subflows = pages.all("read_subflows", RunRow)
read_past_states = pages.all("read_past_states", PastState)
read_past_task_states = pages.all("read_past_task_states", PastState)
read_run_events = pages.all("read_run_events", RunEvent)
read_task_page = pages.one("read_task_page", TaskPage)
read_task_names = pages.all("read_task_names", Named)
read_flow_rows = pages.all("read_flow_rows", FlowRow)
read_flow_page = pages.one("read_flow_page", FlowPage)
read_flow_deployments = pages.all("read_flow_deployments", FlowDeployment)
read_retry_facts = pages.one("read_retry_facts", RetryFacts)
