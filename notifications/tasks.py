"""Celery doors."""

from celery import shared_task

from notifications.services import matching, sending


@shared_task(name="notifications.notify")
def notify() -> None:
    """Tell what happened. Safe in several processes at once, and to lose: the next run does what this one did not."""
    try:
        matching.match_new_events()
    finally:
        # What is waiting must go out even while an event cannot be matched.
        sending.send_due_messages()
