"""Celery doors of deployments. Each may run anywhere, any number of times."""

from datetime import UTC, datetime

from celery import shared_task

from deployments.services import foreman, lateness, scheduler


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
