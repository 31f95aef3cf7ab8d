"""Celery doors."""

from datetime import UTC, datetime

from celery import shared_task

from automations.services import evaluation, executing, measuring, records, sla_watch


@shared_task(name="automations.act")
def act() -> None:
    """Carry out triggered actions. Safe in several processes at once, and to lose: the next run does the rest."""
    executing.carry_out_due_actions()


@shared_task(name="automations.forget_old_actions")
def forget_old_actions() -> None:
    executing.forget_old_actions(datetime.now(UTC))


@shared_task(name="automations.evaluate")
def evaluate() -> None:
    """Hold what happened against the automations. Safe in several processes at once, and to lose."""
    evaluation.evaluate_new_events()


@shared_task(name="automations.prune_evaluations")
def prune_evaluations() -> None:
    records.prune()


@shared_task(name="automations.watch_levels")
def watch_levels() -> None:
    sla_watch.watch_levels(datetime.now(UTC))


@shared_task(name="automations.measure")
def measure() -> None:
    measuring.measure_all()
