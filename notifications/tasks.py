"""Celery doors."""

from datetime import UTC, datetime

from celery import shared_task

from notifications.services import channel_health, due, matching, retention, sending, slack_acting


@shared_task(name="notifications.notify")
def notify() -> None:
    """Tell what happened. Safe in several processes at once, and to lose: the next run does what this one did not."""
    try:
        matching.match_new_events()
        due.do_what_is_due(datetime.now(UTC))
    finally:
        # What is waiting must go out even while an event cannot be matched.
        sending.send_due_messages()
        channel_health.tell_owners()


@shared_task(name="notifications.watch_long_runs")
def watch_long_runs() -> None:
    """Find runs that take too long. What is written is sent by the next `notify`."""
    due.watch_long_runs(datetime.now(UTC))


@shared_task(name="notifications.act_on_clicks")
def act_on_clicks() -> None:
    """Do what was clicked in Slack. A click is done once, whoever takes it up."""
    slack_acting.work()


@shared_task(name="notifications.forget_old_clicks")
def forget_old_clicks() -> None:
    slack_acting.forget_old()


@shared_task(name="notifications.forget_old_notifications")
def forget_old_notifications() -> None:
    retention.forget_old_notifications(datetime.now(UTC))
