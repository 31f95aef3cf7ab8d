"""The scheduler: keeps the next runs of every active schedule ready.

Candidates are found over all tenants, the work is done in each tenant's own transaction. Any number of schedulers may
run at once: a run is known by its date (idempotency key), and a deployment that another one works on is passed over.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import json

from blocks.services.sealed_parts import open_parts
from controlplane.errors import Problem
from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments import queries
from deployments.queries import Located, ScheduleToRun
from deployments.rules.schedules import MAX_RUNS, MIN_AHEAD, MIN_RUNS, plan_dates, schedule_name
from deployments.wire.schedules import Period, read_schedule
from runs.services.scheduled import ScheduledRun, insert_scheduled
from workspaces.services.data_boundary import may_run_with

log = logging.getLogger(__name__)

BATCH = 100
LARGEST_INSERT = 500
RECENT = timedelta(seconds=6)
FIRST = UUID(int=0)
WHOLE = Period()


def schedule_runs(now: datetime) -> int:
    """The main pass: deployments with too few runs ahead. How many runs were made."""
    return each_batch(
        lambda last: queries.find_thin_deployments(
            now=now, last=last, min_runs=MIN_RUNS, min_ahead=MIN_AHEAD, limit=BATCH
        ),
        now,
    )


def schedule_recent(now: datetime) -> int:
    """The quick pass: deployments that were changed just now."""
    return each_batch(lambda last: queries.find_recent_deployments(since=now - RECENT, last=last, limit=BATCH), now)


def each_batch(find: Callable[[UUID], list[Located]], now: datetime) -> int:
    made, last = 0, FIRST
    while True:
        with system_transaction():
            found = find(last)
        for row in found:
            made += attempt(row, now)
        if len(found) < BATCH:
            return made
        last = found[-1].id


def attempt(row: Located, now: datetime) -> int:
    """A deployment that cannot be scheduled holds no other up: its secrets may be sealed with a key that is closed."""
    try:
        with workspace_transaction(row.workspace_id):
            return schedule_deployment(row.workspace_id, row.id, now=now)
    except Problem as problem:
        place = {"workspace": str(row.workspace_id), "deployment": str(row.id), "status": problem.status}
        log.warning("A deployment cannot be scheduled", extra=place)
        return 0


def schedule_deployment(workspace: UUID, deployment_id: UUID, *, now: datetime, period: Period = WHOLE) -> int:
    """Make the runs of one deployment's active schedules in a period; those that are there already stay.

    A schedule whose parameters the data boundary keeps out makes none, as a person could not; the page says so.
    """
    runs: list[ScheduledRun] = []
    for row in queries.read_schedules_to_run(workspace=workspace, deployment=deployment_id):
        runs += runs_of(workspace, row, deployment_id, now, period)
    batches = [runs[start : start + LARGEST_INSERT] for start in range(0, len(runs), LARGEST_INSERT)]
    return sum(insert_scheduled(workspace, batch, now=now) for batch in batches)


def runs_of(
    workspace: UUID, row: ScheduleToRun, deployment_id: UUID, now: datetime, period: Period
) -> list[ScheduledRun]:
    schedule = read_schedule(json.decode(row.schedule))
    dates = plan_dates(
        schedule, period.start_time or now, end=period.end_time,
        min_ahead=MIN_AHEAD if period.min_time is None else timedelta(seconds=period.min_time),
        min_runs=MIN_RUNS if period.min_runs is None else period.min_runs,
        max_runs=MAX_RUNS if period.max_runs is None else min(period.max_runs, LARGEST_INSERT),
    )  # fmt: skip
    system = {"prefect.flow.id": str(row.flow_id), "prefect.deployment.id": str(deployment_id)}
    labels = {**json.decode(row.labels), **system}
    own = json.decode(row.schedule_parameters)
    parameters = {**json.decode(row.parameters), **own}
    if not may_run_with(workspace, parameters):
        return []
    parts = [
        *(part for part in open_parts(workspace, "deployment", deployment_id, row.secrets)
          if part[0][0] == "parameters" and part[0][1] not in own),
        *open_parts(workspace, "deployment_schedule", row.schedule_id, row.schedule_secrets),
    ]  # fmt: skip
    return [
        ScheduledRun(
            flow_id=row.flow_id,
            deployment_id=deployment_id,
            deployment_version=row.version,
            schedule_id=row.schedule_id,
            schedule_name=row.slug or schedule_name(schedule),
            date=date,
            idempotency_key=f"scheduled {deployment_id} {row.schedule_id} {date}",
            parameters=parameters,
            parts=parts,
            tags=row.tags,
            labels=labels,
            work_queue_id=row.work_queue_id,
            work_queue_name=row.work_queue_name,
            infrastructure_document_id=row.infrastructure_document_id,
        )
        for date in dates
    ]
