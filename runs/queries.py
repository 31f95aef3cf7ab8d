"""The statements of runs, each bound to the row that it returns."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements
from runs import rows
from runs.wire.flows import Flow
from runs.wire.logs import Log

FOLDER = Path(__file__).parent / "sql"


class Labels(Struct):
    """What a creation gives back: the labels after inheritance."""

    labels: Any


class Identified(Struct):
    id: UUID


class Sealed(Struct):
    """A row's secrets as they are stored."""

    id: UUID
    secrets: bytes


class Marks(Struct):
    """The schemas that say what is secret in a run; `secrets` are those that it has."""

    parameters: Raw | None
    job_variables: Raw | None
    secrets: bytes | None = None


class PlaceRow(Struct):
    """A work pool with one of its queues."""

    pool_id: UUID
    pool_type: str
    queue_id: UUID | None
    queue_name: str | None


class LockedFlowRun(Struct):
    """A flow run under its row lock, with the facts that rules and its event ask for."""

    id: UUID
    flow_id: UUID
    name: str
    tags: list[str]
    deployment_id: UUID | None
    empirical_policy: Any
    run_count: int
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    parent_task_run_id: UUID | None
    infrastructure_pid: str | None
    created_by: Any
    latest_state_id: UUID | None
    state_id: UUID | None
    state_type: Any
    state_name: str | None
    state_timestamp: datetime | None
    state_message: str | None
    state_data: Any
    state_details: Any
    state_asked: bytes | None
    state_refusal: str | None
    flow_name: str
    deployment_exists: bool
    deployment_name: str | None
    limit_id: UUID | None
    concurrency_options: Any
    work_queue_id: UUID | None
    work_queue_name: str | None
    work_pool_id: UUID | None
    work_pool_name: str | None
    work_pool_type: str | None


class LockedTaskRun(Struct):
    """A task run under its row lock, with the facts that rules ask for."""

    id: UUID
    flow_run_id: UUID | None
    tags: list[str]
    empirical_policy: Any
    run_count: int
    flow_run_run_count: int
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    latest_state_id: UUID | None
    state_id: UUID | None
    state_type: Any
    state_name: str | None
    state_timestamp: datetime | None
    state_message: str | None
    state_data: Any
    state_details: Any
    state_asked: bytes | None
    state_refusal: str | None
    parent_run_count: int | None
    parent_state_type: Any
    parent_details: Any


class CachedRow(Struct):
    message: str | None
    data: Any
    state_details: Any


flows = Statements(FOLDER / "flows.sql")
create_flow = flows.one("create_flow", Flow)
read_flow = flows.one("read_flow", Flow)
read_flow_by_name = flows.one("read_flow_by_name", Flow)
read_flows = flows.all("read_flows", Flow)
count_flows = flows.scalar("count_flows")
update_flow_tags = flows.scalar("update_flow_tags")
delete_flow = flows.one("delete_flow", Flow)

flow_runs = Statements(FOLDER / "flow_runs.sql")
read_flow_runs = flow_runs.all("read_flow_runs", rows.flow_run)
read_flow_run = flow_runs.one("read_flow_run", rows.flow_run)
find_flow_run = flow_runs.scalar("find_flow_run")
count_flow_runs = flow_runs.scalar("count_flow_runs")
create_flow_run = flow_runs.one("create_flow_run", Labels)
update_flow_run = flow_runs.scalar("update_flow_run")
read_flow_run_secrets = flow_runs.all("read_flow_run_secrets", Sealed)
has_sealed_runs = flow_runs.scalar("has_sealed_runs")
read_secrets_known_to_runs = flow_runs.all("read_secrets_known_to_runs", Sealed)
read_marks_of_new_run = flow_runs.one("read_marks_of_new_run", Marks)
lock_secrets_of_run = flow_runs.one("lock_secrets_of_run", Marks)
merge_flow_run_labels = flow_runs.do("merge_flow_run_labels")
delete_flow_run = flow_runs.scalar("delete_flow_run")
read_flow_run_states = flow_runs.all("read_flow_run_states", rows.state)
read_flow_run_state = flow_runs.one("read_flow_run_state", rows.state)
find_work_pool = flow_runs.one("find_work_pool", PlaceRow)

transitions = Statements(FOLDER / "transitions.sql")
lock_flow_run = transitions.one("lock_flow_run", LockedFlowRun)
commit_flow_run_transition = transitions.do("commit_flow_run_transition")
lock_task_run = transitions.one("lock_task_run", LockedTaskRun)
commit_task_run_transition = transitions.do("commit_task_run_transition")
find_cached_state = transitions.one("find_cached_state", CachedRow)
insert_cached_state = transitions.do("insert_cached_state")

task_runs = Statements(FOLDER / "task_runs.sql")
read_task_runs = task_runs.all("read_task_runs", rows.task_run)
count_task_runs = task_runs.scalar("count_task_runs")
find_task_run = task_runs.scalar("find_task_run")
create_task_run = task_runs.one("create_task_run", Labels)
rename_task_run = task_runs.do("rename_task_run")
delete_task_run = task_runs.do("delete_task_run")
read_task_run_states = task_runs.all("read_task_run_states", rows.state)
read_task_run_state = task_runs.one("read_task_run_state", rows.state)

logs = Statements(FOLDER / "logs.sql")
insert_logs = logs.do("insert_logs")
read_logs = logs.all("read_logs", Log)
read_log_lines = logs.all("read_log_lines", Log)

scheduled = Statements(FOLDER / "scheduled.sql")
insert_scheduled_runs = scheduled.scalar("insert_scheduled_runs")
delete_scheduled_runs = scheduled.scalar("delete_scheduled_runs")
