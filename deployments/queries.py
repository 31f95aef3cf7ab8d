"""The statements of deployments, each bound to the row that it returns."""

from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Raw, Struct, json

from controlplane.sql.statements import Statements
from deployments.rules.why import Facts
from deployments.wire.deployments import CloudDeployment, Deployment, GlobalConcurrencyLimit
from deployments.wire.schedules import DeploymentSchedule
from deployments.wire.work_pools import WorkPool
from deployments.wire.work_queues import PolledFlowRun, WorkQueue
from deployments.wire.workers import Worker

FOLDER = Path(__file__).parent / "sql"
CLOUD = ("version_info", "version_id", "branch", "base", "root", "disabled")
decode_schedules = json.Decoder(list[DeploymentSchedule]).decode
decode_limit = json.Decoder(GlobalConcurrencyLimit).decode


class Polled(Struct):
    """A row of a poll. Without a run it only says that the pool exists."""

    pool_id: UUID
    queue_names: list[str] | None
    awoken: list[UUID] | None
    queue_id: UUID | None
    run: PolledFlowRun | None


class Plan(Struct):
    """What a run of a deployment is made from."""

    id: UUID
    name: str
    flow_id: UUID
    version: str | None
    tags: list[str]
    labels: Raw
    parameters: Raw
    parameter_openapi_schema: Raw | None
    enforce_parameter_schema: bool
    disabled: bool
    job_variables: Raw
    infrastructure_document_id: UUID | None
    work_queue_id: UUID | None
    work_queue_name: str | None
    flow_name: str
    queue_name: str | None
    pool_id: UUID | None
    pool_name: str | None
    pool_type: str | None
    base_job_template: Raw | None
    secrets: bytes | None
    pool_secrets: bytes | None


class ScheduleToRun(Struct):
    schedule_id: UUID
    schedule: Raw
    schedule_parameters: Raw
    slug: str | None
    flow_id: UUID
    version: str | None
    parameters: Raw
    tags: list[str]
    labels: Raw
    work_queue_id: UUID | None
    work_queue_name: str | None
    infrastructure_document_id: UUID | None
    secrets: bytes | None
    schedule_secrets: bytes | None


class Located(Struct):
    """A row of a sweep over all tenants."""

    workspace_id: UUID
    id: UUID


class Identified(Struct):
    id: UUID


class NamedValue(Struct):
    name: str
    value: Any


def polled(*, pool_id: UUID, queue_names: Any, awoken: Any, queue_id: UUID | None, **run: Any) -> Polled:
    return Polled(pool_id, queue_names, awoken, queue_id, None if queue_id is None else PolledFlowRun(**run))


def deployment(*, schedules: Raw | None, global_concurrency_limit: Raw | None, **columns: Any) -> Deployment:
    """What only Prefect Cloud tells of is told of deployments that have some of it."""
    ours = {name: columns.pop(name) for name in CLOUD}
    shape: type[Deployment] = Deployment
    if any(ours.values()):
        shape, columns = CloudDeployment, {**columns, **ours}
    return shape(
        schedules=[] if schedules is None else decode_schedules(schedules),
        global_concurrency_limit=None if global_concurrency_limit is None else decode_limit(global_concurrency_limit),
        **columns,
    )


polling = Statements(FOLDER / "polling.sql")
poll_work_pool = polling.all("poll_work_pool", polled)
find_due_of_deployments = polling.all("find_due_of_deployments", Identified)
find_due_of_queue = polling.all("find_due_of_queue", Identified)

pools = Statements(FOLDER / "work_pools.sql")
read_work_pools = pools.all("read_work_pools", WorkPool)
count_work_pools = pools.scalar("count_work_pools")
create_work_pool = pools.scalar("create_work_pool")
read_work_queues = pools.all("read_work_queues", WorkQueue)
count_late_runs = pools.scalar("count_late_runs")
upsert_worker = pools.scalar("upsert_worker")
read_workers = pools.all("read_workers", Worker)

deployments = Statements(FOLDER / "deployments.sql")
read_deployments = deployments.all("read_deployments", deployment)
count_deployments = deployments.scalar("count_deployments")
select_deployments = deployments.all("select_deployments", Identified)
find_deployment = deployments.scalar("find_deployment")
read_plan = deployments.one("read_plan", Plan)
read_variables_schema = deployments.scalar("read_variables_schema")
find_deployments_of_pool = deployments.all("find_deployments_of_pool", Identified)
read_variables = deployments.all("read_variables", NamedValue)
read_flow_labels = deployments.scalar("read_flow_labels")
retag_deployment = deployments.do("retag_deployment")

scheduler = Statements(FOLDER / "scheduler.sql")
find_thin_deployments = scheduler.all("find_thin_deployments", Located)
find_recent_deployments = scheduler.all("find_recent_deployments", Located)
read_schedules_to_run = scheduler.all("read_schedules_to_run", ScheduleToRun)
find_late_runs = scheduler.all("find_late_runs", Located)
set_workers_offline = scheduler.do("set_workers_offline")
find_quiet_pools = scheduler.all("find_quiet_pools", Located)
find_quiet_queues = scheduler.all("find_quiet_queues", Located)
find_changed_deployments = scheduler.all("find_changed_deployments", Located)
flip_deployment = scheduler.scalar("flip_deployment")

why = Statements(FOLDER / "why.sql")
read_why_facts = why.one("read_why_facts", Facts)
