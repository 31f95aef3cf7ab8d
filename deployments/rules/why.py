"""Why a run is not running: facts in, the first reason that holds out, in a fixed order."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from deployments.rules.push import is_push
from deployments.rules.why_words import ago, attempt, clock, many, ordinal
from deployments.wire.why import Thing, Why

AHEAD = timedelta(seconds=10)
"""A worker looks for runs this far ahead."""
STARTING = timedelta(seconds=20)
STOPPING = timedelta(seconds=60)
QUIET = timedelta(seconds=60)
"""Who serves a deployment asks at least this often."""


REFUSED = {
    "expired": "expired",
    "revoked": "was revoked",
    "disabled": "belongs to somebody who may not sign in any more",
    "workspace": "has no access to this workspace",
    "role": "has a role that does not include the work of a worker",
}


class Facts(Struct, frozen=True, kw_only=True):
    """One row of the database: the run, and all that can hold it up.

    Names, counts and flags of a thing are null where the run has none. `*_place` counts the runs that go first.
    """

    id: UUID
    state_type: str | None
    state_name: str | None = None
    state_timestamp: datetime | None = None
    state_message: str | None = None
    pause_timeout: datetime | None = None
    due: datetime | None = None
    run_count: int = 0
    retries: int | None = None

    deployment_id: UUID | None = None
    deployment_name: str | None = None
    deployment_paused: bool | None = None
    deployment_paused_since: datetime | None = None
    schedule_id: UUID | None = None
    schedule_name: str | None = None
    schedule_active: bool | None = None
    deployment_polled: datetime | None = None
    limit: int | None = None
    limit_taken: int = 0
    holder_id: UUID | None = None
    holder_name: str | None = None
    holder_since: datetime | None = None
    deployment_ahead: int = 0
    deployment_waiting: int = 0

    queue_id: UUID | None = None
    queue_name: str | None = None
    queue_paused: bool | None = None
    queue_paused_since: datetime | None = None
    queue_paused_by: str | None = None
    queue_polled: datetime | None = None
    polled_queues: list[str] | None = None
    queue_limit: int | None = None
    queue_taken: int = 0
    queue_ahead: int = 0
    queue_waiting: int = 0

    pool_id: UUID | None = None
    pool_name: str | None = None
    pool_type: str | None = None
    pool_paused: bool | None = None
    pool_paused_since: datetime | None = None
    pool_paused_by: str | None = None
    pool_limit: int | None = None
    pool_taken: int = 0
    pool_ahead: int = 0
    pool_waiting: int = 0
    first_queue_id: UUID | None = None
    first_queue_name: str | None = None
    first_queue_waiting: int = 0

    refused_key_id: UUID | None = None
    refused_key_name: str | None = None
    refused_reason: str | None = None
    refused_since: datetime | None = None
    refused_address: str | None = None

    workers_online: int = 0
    worker_name: str | None = None
    worker_seen: datetime | None = None
    taker_id: UUID | None = None
    taker_name: str | None = None
    taker_seen: datetime | None = None
    taker_online: bool | None = None
    other_workers: int = 0
    other_pool_id: UUID | None = None
    other_pool_name: str | None = None
    other_pool_type: str | None = None

    tag_limit_id: UUID | None = None
    tag: str | None = None
    tag_limit: int = 0
    tag_taken: int = 0
    tag_task_name: str | None = None
    tag_task_since: datetime | None = None
    tag_holder_id: UUID | None = None
    tag_holder_name: str | None = None


def explain(facts: Facts, now: datetime) -> Why:
    """Every run gets an answer."""
    if facts.state_type != "SCHEDULED":
        return explain_state(facts, now)
    for reason in REASONS:
        why = reason(facts, now)
        if why is not None:
            return why
    return nothing_wrong(facts, now)


def explain_state(facts: Facts, now: datetime) -> Why:
    """A run that is not scheduled: it is paused, starting or stopping, or it does not wait."""
    since = facts.state_timestamp or now
    if facts.state_type == "PAUSED":
        timeout = f" (timeout {clock(facts.pause_timeout)})" if facts.pause_timeout else ""
        return Why(code="paused", sentence=f"Waiting for a person since {clock(since)}{timeout}.", since=since)
    if facts.state_type == "PENDING" and facts.taker_online is False and facts.taker_seen is not None:
        return worker_died(facts, now, facts.taker_seen)
    if facts.state_type == "RUNNING" and facts.tag_limit_id is not None:
        return tag_limit(facts, now)
    if facts.state_type == "PENDING":
        if now - since < STARTING:
            sentence = f"It was taken {ago(now - since)} ago and is starting. This usually takes some seconds."
            return Why(code="starting", sentence=sentence, since=since)
        where = "Its log tells of the task." if is_push(facts.pool_type or "") else "Look at the worker's log."
        sentence = f"It was taken {ago(now - since)} ago and has not started. {where}"
        return Why(code="pending-too-long", sentence=sentence, blocked_by=pool_of(facts), since=since)
    if facts.state_type == "CANCELLING" and now - since > STOPPING:
        sentence = f"It was asked to stop {ago(now - since)} ago and has not said that it did."
        return Why(code="cancelling", sentence=sentence, blocked_by=pool_of(facts), since=since)
    return Why(code="not-waiting", sentence=f"The run is {facts.state_name or 'without a state'}: it does not wait.")


def worker_died(facts: Facts, now: datetime, seen: datetime) -> Why:
    """Who took the run says nothing any more."""
    assert facts.taker_id is not None
    assert facts.taker_name is not None
    worker = Thing(kind="worker", id=facts.taker_id, name=facts.taker_name)
    sentence = f"{facts.taker_name} took it and stopped reporting {ago(now - seen)} ago."
    return Why(code="worker-died", sentence=sentence, blocked_by=worker, since=seen)


def tag_limit(facts: Facts, now: datetime) -> Why:
    """The run itself goes on, but a task of it waits."""
    assert facts.tag_limit_id is not None
    limit = Thing(kind="concurrency-limit", id=facts.tag_limit_id, name=f"tag:{facts.tag}")
    held_by = holder = None
    if facts.tag_holder_id is not None and facts.tag_holder_name is not None:
        held_by = Thing(kind="task-run", id=facts.tag_holder_id, name=facts.tag_holder_name)
        holder = f" Task {facts.tag_holder_name} holds one."
    since = facts.tag_task_since or now
    sentence = (
        f"Task {facts.tag_task_name} has waited for {ago(now - since)} for a slot of tag {facts.tag}: "
        f"{facts.tag_taken} of {many(facts.tag_limit, 'slot')} used.{holder or ''}"
    )
    return Why(code="tag-limit", sentence=sentence, blocked_by=limit, held_by=held_by, since=since)


# ------------------------------------------------------------------------------------------------- reasons, in order


def schedule_inactive(facts: Facts, now: datetime) -> Why | None:
    """No more runs are made, but one that was made before still starts."""
    if facts.schedule_active is not False or facts.schedule_id is None or facts.due is None or facts.due <= now + AHEAD:
        return None
    schedule = Thing(kind="schedule", id=facts.schedule_id, name=facts.schedule_name or str(facts.schedule_id))
    sentence = f"Its schedule is inactive, and makes no more runs; this one starts in {ago(facts.due - now)}."
    return Why(code="schedule-inactive", sentence=sentence, blocked_by=schedule)


def not_yet_due(facts: Facts, now: datetime) -> Why | None:
    if (
        facts.due is None
        or facts.due <= now + AHEAD
        or facts.state_name in ("AwaitingRetry", "AwaitingConcurrencySlot")
    ):
        return None
    return Why(code="not-yet-due", sentence=f"Starts in {ago(facts.due - now)} ({clock(facts.due)}).")


def awaiting_retry(facts: Facts, now: datetime) -> Why | None:
    if facts.due is None or facts.due <= now or facts.state_name != "AwaitingRetry":
        return None
    after = f", after: {facts.state_message}" if facts.state_message else ""
    sentence = f"{attempt(facts.run_count, facts.retries)} starts in {ago(facts.due - now)}{after}."
    return Why(code="awaiting-retry", sentence=sentence, since=facts.state_timestamp)


def deployment_paused(facts: Facts, now: datetime) -> Why | None:
    """Only schedules stop with a pause, so it explains nothing by itself; but a process that served it leaves it so."""
    if not facts.deployment_paused or facts.pool_id is not None or is_served(facts, now):
        return None
    sentence = f"Deployment {facts.deployment_name} is paused, and no process serves it now."
    return Why(
        code="deployment-paused",
        sentence=sentence,
        blocked_by=deployment_of(facts),
        since=facts.deployment_paused_since or facts.deployment_polled,
    )


def deployment_limit(facts: Facts, now: datetime) -> Why | None:
    if facts.limit is None or facts.limit_taken < facts.limit:
        return None
    position = facts.deployment_ahead + 1
    held_by = holder = None
    if facts.holder_id is not None and facts.holder_name is not None:
        held_by = Thing(kind="flow-run", id=facts.holder_id, name=facts.holder_name)
        holder = f"{facts.holder_name} has held {'the' if facts.limit == 1 else 'a'} slot for "
        holder += f"{ago(now - (facts.holder_since or now))}. "
    sentence = (
        f"{facts.deployment_name} allows {many(facts.limit, 'run')} at once; {holder or 'no slot is free. '}"
        f"This run is {ordinal(position)} of {facts.deployment_waiting}."
    )
    return Why(
        code="deployment-limit", sentence=sentence, blocked_by=deployment_of(facts), held_by=held_by,
        since=facts.holder_since, position=position, waiting=facts.deployment_waiting,
    )  # fmt: skip


def no_pool(facts: Facts, now: datetime) -> Why | None:
    if facts.pool_id is not None:
        return None
    if facts.queue_name is not None:
        return Why(code="queue-missing", sentence=f"Work queue {facts.queue_name} is in no work pool any more.")
    if facts.deployment_id is None:
        return Why(code="own-process", sentence="This run has no deployment: the process that made it has to start it.")
    if is_served(facts, now):
        return None
    seen = facts.deployment_polled
    when = "has never called" if seen is None else f"has not called for {ago(now - seen)}"
    sentence = f"{facts.deployment_name} has no work pool: it is run by a process that serves it, and that {when}."
    return Why(code="not-served", sentence=sentence, blocked_by=deployment_of(facts), since=seen)


def pool_paused(facts: Facts, now: datetime) -> Why | None:
    if not facts.pool_paused:
        return None
    since = facts.pool_paused_since
    sentence = f"Work pool {facts.pool_name} {paused(since, facts.pool_paused_by, now)}."
    return Why(code="pool-paused", sentence=sentence, blocked_by=pool_of(facts), since=since)


def queue_paused(facts: Facts, now: datetime) -> Why | None:
    if not facts.queue_paused:
        return None
    since = facts.queue_paused_since
    sentence = f"Work queue {facts.queue_name} of pool {facts.pool_name} {paused(since, facts.queue_paused_by, now)}."
    return Why(code="queue-paused", sentence=sentence, blocked_by=queue_of(facts), since=since)


def paused(since: datetime | None, by: str | None, now: datetime) -> str:
    return "is paused" if since is None else f"was paused{f' by {by}' if by else ''} {ago(now - since)} ago"


def worker_refused(facts: Facts, now: datetime) -> Why | None:
    """Before the pool that nobody polls: here somebody tries."""
    if facts.pool_id is None or facts.workers_online or facts.refused_key_id is None:
        return None
    key = Thing(kind="api-key", id=facts.refused_key_id, name=facts.refused_key_name or str(facts.refused_key_id))
    when = "" if facts.refused_since is None else f" {ago(now - facts.refused_since)} ago"
    reason = REFUSED[facts.refused_reason or "workspace"]
    sentence = f"A worker at {facts.refused_address} keeps trying but its key {reason}{when}."
    return Why(code="worker-refused", sentence=sentence, blocked_by=key, since=facts.refused_since)


def no_worker(facts: Facts, now: datetime) -> Why | None:
    if facts.pool_id is None or facts.workers_online or is_push(facts.pool_type or ""):
        return None
    blocked_by = pool_of(facts)
    if facts.worker_seen is not None:
        seen = f"last seen {ago(now - facts.worker_seen)} ago: {facts.worker_name}"
        sentence = f"No worker is polling pool {facts.pool_name} ({seen})."
        return Why(code="no-worker", sentence=sentence, blocked_by=blocked_by, since=facts.worker_seen)
    if facts.other_workers and facts.other_pool_type != facts.pool_type:
        sentence = (
            f"No worker ever polled pool {facts.pool_name}, which is of type {facts.pool_type}; "
            f"{many(facts.other_workers, 'worker')} online in pool {facts.other_pool_name}, of type "
            f"{facts.other_pool_type}."
        )
        return Why(code="workers-elsewhere", sentence=sentence, blocked_by=blocked_by)
    return Why(
        code="no-worker", sentence=f"No worker is polling pool {facts.pool_name} (none ever).", blocked_by=blocked_by
    )


def other_queues(facts: Facts, now: datetime) -> Why | None:
    """Workers say which queues they look into only by looking."""
    if facts.queue_id is None or not facts.polled_queues or facts.queue_name in facts.polled_queues:
        return None
    verb = "polls" if facts.workers_online == 1 else "poll"
    queues = f"queue{'s' * (len(facts.polled_queues) > 1)} {', '.join(facts.polled_queues)}"
    sentence = f"{many(facts.workers_online, 'worker')} {verb} only {queues}; this run is in {facts.queue_name}."
    return Why(code="other-queues", sentence=sentence, blocked_by=queue_of(facts), since=facts.queue_polled)


def pool_limit(facts: Facts, _now: datetime) -> Why | None:
    if facts.pool_limit is None or facts.pool_taken < facts.pool_limit:
        return None
    place, waiting = facts.pool_ahead + 1, facts.pool_waiting
    sentence = f"{facts.pool_taken} of {many(facts.pool_limit, 'slot')} of pool {facts.pool_name} used; "
    sentence += f"place {place} of {waiting}."
    return Why(code="pool-limit", sentence=sentence, blocked_by=pool_of(facts), position=place, waiting=waiting)


def queue_limit(facts: Facts, _now: datetime) -> Why | None:
    if facts.queue_limit is None or facts.queue_taken < facts.queue_limit:
        return None
    place, waiting = facts.queue_ahead + 1, facts.queue_waiting
    sentence = f"{facts.queue_taken} of {many(facts.queue_limit, 'slot')} of queue {facts.queue_name} used; "
    sentence += f"place {place} of {waiting}."
    return Why(code="queue-limit", sentence=sentence, blocked_by=queue_of(facts), position=place, waiting=waiting)


def higher_priority(facts: Facts, _now: datetime) -> Why | None:
    """Another queue's runs only stand in the way where the pool's slots are counted."""
    if facts.pool_limit is None or facts.first_queue_id is None or facts.first_queue_name is None:
        return None
    if facts.pool_ahead < facts.pool_limit - facts.pool_taken:
        return None
    blocked_by = Thing(kind="work-queue", id=facts.first_queue_id, name=facts.first_queue_name)
    verb = "goes" if facts.first_queue_waiting == 1 else "go"
    sentence = f"{many(facts.first_queue_waiting, 'run')} of queue {facts.first_queue_name} {verb} first."
    return Why(
        code="higher-priority", sentence=sentence, blocked_by=blocked_by, position=facts.pool_ahead + 1,
        waiting=facts.pool_waiting,
    )  # fmt: skip


def nothing_wrong(facts: Facts, _now: datetime) -> Why:
    if facts.pool_id is None:
        return Why(
            code="nothing-wrong", sentence="Nothing is wrong: the process that serves it asks every few seconds."
        )
    if is_push(facts.pool_type or ""):
        return Why(code="nothing-wrong", sentence="Nothing is wrong: Signalbox submits it within a few seconds.")
    return Why(code="nothing-wrong", sentence="Nothing is wrong: a worker polls every 10 to 15 s.")


REASONS = (
    schedule_inactive, not_yet_due, awaiting_retry, deployment_paused, deployment_limit, no_pool, pool_paused,
    queue_paused, worker_refused, no_worker, other_queues, pool_limit, queue_limit, higher_priority,
)  # fmt: skip


def is_served(facts: Facts, now: datetime) -> bool:
    return facts.deployment_polled is not None and now - facts.deployment_polled <= QUIET


def deployment_of(facts: Facts) -> Thing | None:
    if facts.deployment_id is None or facts.deployment_name is None:
        return None
    return Thing(kind="deployment", id=facts.deployment_id, name=facts.deployment_name)


def pool_of(facts: Facts) -> Thing | None:
    if facts.pool_id is None or facts.pool_name is None:
        return None
    return Thing(kind="work-pool", id=facts.pool_id, name=facts.pool_name)


def queue_of(facts: Facts) -> Thing | None:
    if facts.queue_id is None or facts.queue_name is None:
        return None
    return Thing(kind="work-queue", id=facts.queue_id, name=facts.queue_name)
