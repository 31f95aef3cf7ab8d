"""Celery doors of deployments. Each may run anywhere, any number of times."""

from datetime import UTC, datetime

from celery import shared_task

from deployments.services import cleanups, foreman, lateness, scheduler
from deployments.services.push import sweeping


@shared_task(name="deployments.schedule_runs")
def schedule_runs() -> None:
    scheduler.schedule_runs(datetime.now(UTC))


@shared_task(name="deployments.schedule_recent")
def schedule_recent() -> None:
    scheduler.schedule_recent(datetime.now(UTC))


@shared_task(name="deployments.mark_late")
def mark_late() -> None:
    lateness.mark_late_runs(datetime.now(UTC))


@shared_task(name="deployments.inspect")
def inspect() -> None:
    foreman.inspect(datetime.now(UTC))


@shared_task(name="deployments.finish_stuck_cancellations")
def finish_stuck_cancellations() -> None:
    cleanups.finish_stuck_cancellations(datetime.now(UTC))


@shared_task(name="deployments.expire_cleanups")
def expire_cleanups() -> None:
    cleanups.expire(datetime.now(UTC))


@shared_task(name="deployments.push_runs")
def push_runs() -> None:
    sweeping.push_runs(datetime.now(UTC))


@shared_task(name="deployments.forget_old_submissions")
def forget_old_submissions() -> None:
    sweeping.forget_old_submissions(datetime.now(UTC))
