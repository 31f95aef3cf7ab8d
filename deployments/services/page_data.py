"""What the pages of deployments, work pools and workers show, read in few statements."""

import json
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from controlplane.errors import NotFound
from deployments import queries_pages as queries
from deployments.models import WorkPool, WorkQueue
from deployments.queries_pages import DeploymentPage, DeploymentRow, PoolRow, QueueRow, ScheduleRow, WorkerRow
from deployments.rules.schedule_words import describe_schedule
from deployments.rules.schedules import all_dates
from deployments.wire.schedules import read_schedule

PAGE = 50
NEXT_DATES = 5
HEARTBEAT_SECONDS = 30
# A process that serves a deployment asks for runs at least this often.
SERVED_SECONDS = 60


class ScheduleView(Struct, frozen=True):
    """A schedule in words, its zone, and when it comes next: as moments, and on the clocks of its zone."""

    row: ScheduleRow
    words: str
    zone: str
    dates: list[datetime]
    clocks: list[str]
    own: list[str]  # the parameters that only its runs get


class Standing(Struct, frozen=True):
    """How a deployment or a worker stands: a status of the page kit, and words where those say more."""

    status: str
    words: str = ""


def list_deployment_rows(
    workspace: UUID, *, now: datetime, text: str | None = None, tag: str | None = None, pool: str | None = None,
    after: tuple[str, str] | None = None,
) -> tuple[list[DeploymentRow], bool]:  # fmt: skip
    """By flow and name, `PAGE` after the (flow, name) `after`, and whether there are more."""
    flow, name = after or (None, None)
    found = queries.read_deployment_rows(
        workspace=workspace, now=now, q=text, tag=tag, pool=pool, after_flow=flow, after_name=name, limit=PAGE + 1
    )
    return found[:PAGE], len(found) > PAGE


def read_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime) -> DeploymentPage:
    deployment = queries.read_deployment_page(workspace=workspace, deployment=deployment_id, now=now)
    if deployment is None:
        raise NotFound("There is no such deployment in this workspace. It may have been deleted.")
    return deployment


def standing(deployment: DeploymentRow | DeploymentPage, now: datetime) -> Standing:
    """Whether a run of it would be picked up, and if not, why."""
    pool = deployment.work_pool_name
    if deployment.paused:
        return Standing("paused")
    if pool is None:
        polled = deployment.last_polled
        served = polled is not None and now - polled < timedelta(seconds=SERVED_SECONDS)
        return Standing("ready", "Served") if served else Standing("not ready", "No work pool, not served")
    if deployment.pool_paused:
        return Standing("paused", f"Pool {pool} is paused")
    if deployment.queue_paused:
        return Standing("paused", "Queue is paused")
    if not deployment.workers_online:
        return Standing("not ready", f"No worker on pool {pool}")
    return Standing("ready")


def list_schedules(workspace: UUID, deployment_id: UUID, *, now: datetime) -> list[ScheduleView]:
    return [view(row, now) for row in queries.read_page_schedules(workspace=workspace, deployment=deployment_id)]


def view(row: ScheduleRow, now: datetime) -> ScheduleView:
    value = plain(row.schedule)
    schedule = read_schedule(value)
    zone = schedule.timezone or "UTC"
    dates = list(islice(all_dates(schedule, now), NEXT_DATES)) if row.active else []
    local = [date.astimezone(ZoneInfo(zone)) for date in dates]
    return ScheduleView(
        row,
        describe_schedule(value),
        zone,
        dates,
        [f"{date:%a %d %b %H:%M} {date.tzname()}" for date in local],
        sorted(plain(row.parameters) or {}),
    )


def list_pool_rows(workspace: UUID, *, now: datetime) -> list[PoolRow]:
    return queries.read_pool_rows(workspace=workspace, now=now, name=None)


def read_pool(workspace: UUID, name: str, *, now: datetime) -> PoolRow:
    found = queries.read_pool_rows(workspace=workspace, now=now, name=name)
    if not found:
        raise NotFound("There is no such work pool in this workspace. It may have been deleted.")
    return found[0]


def pool_standing(pool: PoolRow) -> Standing:
    if pool.is_paused:
        return Standing("paused")
    if pool.workers_online:
        return Standing("ready")
    return Standing("not ready", "No worker online" if pool.workers else "No worker yet")


def list_queue_rows(workspace: UUID, pool_id: UUID, *, now: datetime) -> list[QueueRow]:
    return queries.read_queue_rows(workspace=workspace, pool=pool_id, now=now)


def list_queue_names(workspace: UUID, pool: str | None) -> list[str]:
    """Of a pool, by priority."""
    if pool is None:
        return []
    pools = WorkPool.objects.of(workspace).filter(name=pool).values("id")
    rows = WorkQueue.objects.of(workspace).filter(work_pool_id__in=pools)
    return list(rows.order_by("priority", "name").values_list("name", flat=True)[:200])


def list_worker_rows(workspace: UUID, *, pool_id: UUID | None = None) -> list[WorkerRow]:
    return queries.read_worker_rows(workspace=workspace, pool=pool_id)


def worker_standing(worker: WorkerRow, now: datetime) -> Standing:
    """Online, late by a heartbeat or two, or offline after three that are missing."""
    seen, interval = worker.last_heartbeat_time, worker.heartbeat_interval_seconds or HEARTBEAT_SECONDS
    if seen is None:
        return Standing("offline", "Never seen")
    missed = (now - seen).total_seconds() / interval
    if missed < 1.5:
        return Standing("online")
    return Standing("late") if missed < 3 else Standing("offline")


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A jsonb column as Python objects."""
    return msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
