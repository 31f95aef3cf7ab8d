"""Celery doors."""

from celery import shared_task

from events.services import partitions, webhook_slugs


@shared_task(name="events.make_partitions")
def make_partitions() -> None:
    partitions.make_partitions()


@shared_task(name="events.seal_plain_slugs")
def seal_plain_slugs() -> None:
    webhook_slugs.seal_plain_slugs()
