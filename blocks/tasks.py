"""Celery doors."""

from datetime import UTC, datetime

from celery import shared_task

from blocks.services import key_ages, key_rotation


@shared_task(name="blocks.rotate_keys")
def rotate_keys() -> None:
    key_rotation.go_on()


@shared_task(name="blocks.renew_old_keys")
def renew_old_keys() -> None:
    key_ages.renew_old_keys(now=datetime.now(UTC))
