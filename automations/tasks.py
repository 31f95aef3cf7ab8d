"""Celery doors."""

from datetime import UTC, datetime

from celery import shared_task

from automations.services import executing


@shared_task(name="automations.act")
def act() -> None:
    """Carry out triggered actions. Safe in several processes at once, and to lose: the next run does the rest."""
    executing.carry_out_due_actions()


@shared_task(name="automations.forget_old_actions")
def forget_old_actions() -> None:
    executing.forget_old_actions(datetime.now(UTC))
