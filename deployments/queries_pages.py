"""The statements of the pages, each bound to the row that it returns. jsonb columns are unread (`msgspec.Raw`)."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements


class DeploymentRow(Struct):
    id: UUID
    name: str
    flow_id: UUID
    flow_name: str
    paused: bool
    tags: list[str]
    last_polled: datetime | None
    work_pool_name: str | None
    pool_paused: bool | None
    queue_paused: bool | None
    workers_online: int
    schedules: Any
    last_id: UUID | None
    last_name: str | None
    last_type: str | None
    last_state: str | None
    last_time: datetime | None
    next_time: datetime | None


class DeploymentPage(Struct):
    id: UUID
    created: datetime
    updated: datetime
    name: str
    flow_id: UUID
    flow_name: str
    version: str | None
    description: str | None
    paused: bool
    tags: list[str]
    last_polled: datetime | None
    parameters: Any
    parameter_openapi_schema: Any
    entrypoint: str | None
    path: str | None
    job_variables: Any
    concurrency_options: Any
    enforce_parameter_schema: bool
    base_job_template: Any
    slots: int | None
    work_queue_name: str | None
    queue_paused: bool | None
    work_pool_name: str | None
    work_pool_type: str | None
    pool_paused: bool | None
    workers_online: int


class ScheduleRow(Struct):
    id: UUID
    schedule: Any
    active: bool
    slug: str | None
    parameters: Any


class PoolRow(Struct):
    id: UUID
    name: str
    type: str
    description: str | None
    is_paused: bool
    concurrency_limit: int | None
    created: datetime
    workers: int
    workers_online: int
    worker_seen: datetime | None
    waiting: int
    oldest: datetime | None
    running: int


class QueueRow(Struct):
    id: UUID
    name: str
    priority: int
    is_paused: bool
    concurrency_limit: int | None
    last_polled: datetime | None
    waiting: int
    running: int


class WorkerRow(Struct):
    id: UUID
    name: str
    last_heartbeat_time: datetime | None
    heartbeat_interval_seconds: int | None
    client_version: str | None
    address: str | None
    created: datetime
    work_pool_name: str
    work_pool_type: str


pages = Statements(Path(__file__).parent / "sql" / "pages.sql")
read_deployment_rows = pages.all("read_deployment_rows", DeploymentRow)
read_deployment_page = pages.one("read_deployment_page", DeploymentPage)
read_page_schedules = pages.all("read_page_schedules", ScheduleRow)
read_pool_rows = pages.all("read_pool_rows", PoolRow)
read_queue_rows = pages.all("read_queue_rows", QueueRow)
read_worker_rows = pages.all("read_worker_rows", WorkerRow)
