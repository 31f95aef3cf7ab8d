"""Celery doors of runs. Each may run anywhere, any number of times."""

from datetime import UTC, datetime

from celery import shared_task

from runs.services import concurrency, crashes, sweeping, task_workers


@shared_task(name="runs.repossess_expired_leases")
def repossess_expired_leases() -> None:
    concurrency.repossess_expired()


@shared_task(name="runs.fail_expired_pauses")
def fail_expired_pauses() -> None:
    sweeping.fail_expired_pauses(datetime.now(UTC))


@shared_task(name="runs.cancel_orphaned_task_runs")
def cancel_orphaned_task_runs() -> None:
    sweeping.cancel_orphaned_task_runs(datetime.now(UTC))


@shared_task(name="runs.cancel_orphaned_subflows")
def cancel_orphaned_subflows() -> None:
    sweeping.cancel_orphaned_subflows(datetime.now(UTC))


@shared_task(name="runs.forget_lost_task_workers")
def forget_lost_task_workers() -> None:
    task_workers.forget_lost(datetime.now(UTC))


@shared_task(name="runs.mark_crashed")
def mark_crashed() -> None:
    crashes.mark_crashed(datetime.now(UTC))
