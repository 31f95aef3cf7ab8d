"""Why a run is not running: the first reason that holds, in words."""

import shlex
from datetime import datetime, timedelta

from msgspec import Struct

from runs.queries_pages import RunPage

STARTING = timedelta(seconds=20)
# A worker looks for runs this far ahead.
AHEAD = timedelta(seconds=10)


class Waiting(Struct, frozen=True):
    """`moment` is printed behind the title ("Starts in 3 min"), `command` starts a worker."""

    title: str
    text: str = ""
    tone: str = "warning"
    moment: datetime | None = None
    seen: datetime | None = None
    command: str = ""


# What only the room above knows, by its code there.
TITLES = {
    "cancelling": "Still being cancelled",
    "deployment-limit": "Waiting for a slot of the deployment",
    "deployment-paused": "The deployment is paused",
    "higher-priority": "Other runs go first",
    "not-served": "Nobody serves the deployment",
    "other-queues": "No worker polls this queue",
    "pending-too-long": "Taken, but not started",
    "pool-limit": "Waiting for a slot of the pool",
    "queue-limit": "Waiting for a slot of the queue",
    "queue-missing": "The work queue is gone",
    "schedule-inactive": "The schedule is inactive",
    "tag-limit": "A task waits for a slot",
    "worker-died": "The worker stopped reporting",
    "workers-elsewhere": "Workers are of another type",
}


def explain_waiting(run: RunPage, why: tuple[str, str], now: datetime) -> Waiting | None:
    """None for a run that runs or has ended. `why`: the code of the reason, and its sentence."""
    code, sentence = why
    if code in TITLES:
        return Waiting(TITLES[code], sentence)
    if run.state_type == "PAUSED":
        return Waiting("Waiting for a person", "The run is paused until somebody resumes it.")
    if run.state_type == "PENDING":
        return explain_pending(run, now)
    if run.state_type != "SCHEDULED":
        return None
    due = run.next_scheduled_start_time or run.expected_start_time or now
    if due > now + AHEAD:
        return Waiting("Starts", starts_words(run), tone="info", moment=due)
    return explain_due(run)


def starts_words(run: RunPage) -> str:
    if run.state_name == "AwaitingRetry":
        return "It is waiting to be tried again."
    if run.work_pool_name is not None and not run.workers_online:
        return f"No worker of pool “{run.work_pool_name}” is online now. One must be by then."
    return ""


def explain_due(run: RunPage) -> Waiting:
    if run.state_name == "AwaitingConcurrencySlot":
        return Waiting(
            "Waiting for a slot", "The deployment's concurrency limit is reached. The run starts when a slot is free."
        )
    if run.work_pool_name is None:
        if run.deployment_id is None:
            return Waiting(
                "Waiting for its own process", "This run has no deployment, so the process that made it must start it."
            )
        return Waiting(
            "No work pool",
            "The deployment has no work pool, so only a process that serves it can start the run. Is it running?",
        )
    if run.pool_paused:
        return Waiting(f"Work pool “{run.work_pool_name}” is paused", "Resume the pool and the run starts.")
    if run.queue_paused:
        return Waiting(f"Work queue “{run.work_queue_name}” is paused", "Resume the queue and the run starts.")
    if not run.workers_online:
        text = "None has ever polled this pool." if not run.workers else ""
        command = f"prefect worker start --pool {shlex.quote(run.work_pool_name)}"
        return Waiting(
            "No worker online",
            f"No worker is polling pool “{run.work_pool_name}”. {text}".strip(),
            seen=run.worker_seen,
            command=command,
        )
    words = "1 worker is" if run.workers_online == 1 else f"{run.workers_online} workers are"
    return Waiting(
        "Waiting for a worker",
        f"{words} polling pool “{run.work_pool_name}”. Workers look every 10 to 15 seconds.",
        tone="info",
    )


def explain_pending(run: RunPage, now: datetime) -> Waiting | None:
    since = run.state_timestamp or now
    if now - since < STARTING or run.deployment_id is None:
        return None
    return Waiting(
        "Starting", "A worker took the run and is starting its process. This usually takes a few seconds.", tone="info"
    )
