"""Roof: the Celery app, its queues, and every periodic task in one list.

Tasks are wake-ups: what has to be done stands in PostgreSQL, so a lost or repeated task changes nothing. Hence no
result backend, no retries of publishing (a request must not wait for Redis), and sweeps that expire unread.
"""

import logging
import os
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")

from celery import Celery
from celery.beat import SchedulingError
from celery.signals import worker_process_init
from django.conf import settings
from kombu.exceptions import OperationalError

from controlplane.streams.doorbell import Rings, on_ring

SOCKET_SECONDS = 0.5
WAKE_EVERY_SECONDS = 0.2


def every(seconds: float, task: str) -> dict[str, Any]:
    """A sweep. Those that a stopped worker did not take are dropped, not piled up."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(2 * seconds, 5.0)}}


# Every periodic task of the house. Each must be safe in several processes at once.
BEAT = {
    "notify": every(1.0, "notifications.notify"),
    "act": every(1.0, "automations.act"),
    "act_on_clicks": every(2.0, "notifications.act_on_clicks"),
    "forget_old_clicks": every(3600.0, "notifications.forget_old_clicks"),
    "watch_levels": every(5.0, "automations.watch_levels"),
    "forget_old_actions": every(3600.0, "automations.forget_old_actions"),
    "forget_old_notifications": every(3600.0, "notifications.forget_old_notifications"),
    "forget_old_submissions": every(3600.0, "deployments.forget_old_submissions"),
    "watch_long_runs": every(10.0, "notifications.watch_long_runs"),
    "evaluate_automations": every(1.0, "automations.evaluate"),
    "measure_automations": every(15.0, "automations.measure"),
    "prune_evaluations": every(300.0, "automations.prune_evaluations"),
    "make_partitions": every(3600.0, "events.make_partitions"),
    "schedule_runs": every(60.0, "deployments.schedule_runs"),
    "schedule_recent": every(5.0, "deployments.schedule_recent"),
    "mark_late": every(5.0, "deployments.mark_late"),
    "inspect": every(15.0, "deployments.inspect"),
    "push_runs": every(1.0, "deployments.push_runs"),
    "repossess-expired-leases": every(10.0, "runs.repossess_expired_leases"),
    "fail_expired_pauses": every(5.0, "runs.fail_expired_pauses"),
    "finish_stuck_cancellations": every(20.0, "deployments.finish_stuck_cancellations"),
    "expire_cleanups": every(30.0, "deployments.expire_cleanups"),
    "mark_crashed": every(15.0, "runs.mark_crashed"),
    "cancel_orphaned_task_runs": every(20.0, "runs.cancel_orphaned_task_runs"),
    "cancel_orphaned_subflows": every(20.0, "runs.cancel_orphaned_subflows"),
    "seal_plain_slugs": every(60.0, "events.seal_plain_slugs"),
    "rotate_keys": every(5.0, "blocks.rotate_keys"),
    "renew_old_keys": every(3600.0, "blocks.renew_old_keys"),
    "count_stored": every(60.0, "workspaces.count_stored"),
    "forget_refusals": every(600.0, "workspaces.forget_refusals"),
    "chain_audit": every(5.0, "workspaces.chain_audit"),
    "forget_lost_task_workers": every(60.0, "runs.forget_lost_task_workers"),
}

app = Celery("signalbox")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        # Longer than the longest task: what a killed worker held is given to another after this long.
        "visibility_timeout": 120,
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
        "max_retries": 0,
    },
    redis_socket_timeout=SOCKET_SECONDS,
    redis_socket_connect_timeout=SOCKET_SECONDS,
    result_backend=None,
    task_ignore_result=True,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="signalbox",
    task_acks_late=False,
    task_time_limit=90,
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=10_000,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule=BEAT,
    beat_max_loop_interval=1.0,
)
# Celery would close the database's connections after each task: a sweep a second would do nothing but connect.
# One that died is replaced when a transaction begins (controlplane.sql.transactions).
app.conf["CELERY_DB_REUSE_MAX"] = 500
app.autodiscover_tasks()

# Sweeps run each second: what is worth a line is what fails.
for chatty in ("celery.beat", "celery.worker.strategy", "celery.app.trace"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


class OneLineAMinute(logging.Filter):
    """While Redis is away beat reports every sweep that it cannot send, with two tracebacks."""

    quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info or not isinstance(record.exc_info[1], SchedulingError):
            return True
        if time.monotonic() < self.quiet_until:
            return False
        self.quiet_until = time.monotonic() + 60.0
        record.msg, record.args, record.exc_info = "Redis is away: sweeps are not sent until it is back", (), None
        return True


logging.getLogger("celery.beat").addFilter(OneLineAMinute())


# The tasks to wake, by what rang.
WAKES = {
    "automations.evaluate": "event",
    "notifications.notify": "event",
    "automations.act": "automation_action",
    "notifications.act_on_clicks": "slack_click",
}


class Waker:
    """Wakes the consumers of events as soon as one was committed in this process, at most five times a second.

    Runs in the doorbell's thread, so no request waits for it; what it misses the sweep finds within a second.
    """

    def __init__(self) -> None:
        self.quiet_until = dict.fromkeys(WAKES, 0.0)

    def __call__(self, rings: Rings) -> None:
        now = time.monotonic()
        rung = {kind for kinds in rings.values() for kind in kinds}
        for task, kind in WAKES.items():
            if kind not in rung or now < self.quiet_until[task]:
                continue
            self.quiet_until[task] = now + WAKE_EVERY_SECONDS
            try:
                app.send_task(task, expires=5.0, retry=False)
            except (OperationalError, OSError):
                self.quiet_until = dict.fromkeys(WAKES, time.monotonic() + 1.0)
                return


def wake_on_ring(**_: Any) -> None:
    """For each process that commits events, once, at its start."""
    on_ring(waker)


waker = Waker()
worker_process_init.connect(wake_on_ring, weak=False)
