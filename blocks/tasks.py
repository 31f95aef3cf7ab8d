"""Celery doors."""

from celery import shared_task

from blocks.services import key_rotation


@shared_task(name="blocks.rotate_keys")
def rotate_keys() -> None:
    key_rotation.go_on()
