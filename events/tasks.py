"""Celery doors."""

from celery import shared_task

from events.services import partitions


@shared_task(name="events.make_partitions")
def make_partitions() -> None:
    partitions.make_partitions()
