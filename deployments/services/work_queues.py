"""Work queues: the lines in a pool, in order of their priority."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F
from msgspec import to_builtins

from controlplane.errors import Conflict, NotFound, Refused
from controlplane.filters import Listing, compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.wire.structs import present
from deployments import queries
from deployments.models import WorkPool
from deployments.models import WorkQueue as Queue
from deployments.rules.pausing import paused_since
from deployments.rules.priorities import shifted
from deployments.services import happenings, noting, pausing
from deployments.services.work_pools import AGENT_POOL, ensure_agent_pool, find_work_pool
from deployments.wire.work_queues import FilteringQueue, WorkQueue, WorkQueueCreate, WorkQueueHealth, WorkQueueUpdate

POLLED_WITHIN = timedelta(seconds=60)
TAKEN = "A work queue with this name already exists in work pool {work_pool_name!r}."
"""Prefect's own words: the placeholder is not filled in there either."""


def create_work_queue(workspace: UUID, pool_name: str, body: WorkQueueCreate, *, now: datetime) -> WorkQueue:
    pool = find_work_pool(workspace, pool_name, lock=True)
    if Queue.objects.of(workspace).filter(work_pool_id=pool.id, name=body.name).exists():
        raise Conflict(TAKEN)
    return read_by_id(workspace, insert_queue(workspace, pool, body, now=now).id)


def create_agent_queue(workspace: UUID, body: WorkQueueCreate, *, now: datetime) -> WorkQueue:
    """A queue without a pool: it lives in the pool of the agents."""
    ensure_agent_pool(workspace, now=now)
    try:
        return create_work_queue(workspace, AGENT_POOL, body, now=now)
    except Conflict as error:
        raise Conflict("A work queue with this name already exists.") from error


def ensure_queue(workspace: UUID, pool: WorkPool, name: str, *, now: datetime) -> Queue:
    """The queue of that name, made if there is none."""
    found: Queue | None = Queue.objects.of(workspace).filter(work_pool_id=pool.id, name=name).first()
    if found is not None:
        return found
    locked = find_work_pool(workspace, pool.name, lock=True)
    found = Queue.objects.of(workspace).filter(work_pool_id=pool.id, name=name).first()
    return found or insert_queue(workspace, locked, WorkQueueCreate(name=name), now=now)


def insert_queue(workspace: UUID, pool: WorkPool, body: WorkQueueCreate, *, now: datetime) -> Queue:
    """The pool is locked, so that two new queues cannot take the same priority."""
    queue = Queue(
        id=uuid7(), workspace_id=workspace, created=now, updated=now, work_pool_id=pool.id, name=body.name,
        description=body.description or "", is_paused=body.is_paused, concurrency_limit=body.concurrency_limit,
        filter=to_builtins(body.filter), status="PAUSED" if body.is_paused else "NOT_READY",
        priority=place(workspace, pool, None, body.priority, now=now),
        paused_since=paused_since(body.is_paused, None, now),
    )  # fmt: skip
    queue.save(force_insert=True)
    happenings.queue_changed(workspace, pool, queue, "created", now=now)
    noting.note(workspace, "work-queue", "created", queue)
    return queue


def place(workspace: UUID, pool: WorkPool, queue: Queue | None, wanted: int | None, *, now: datetime) -> int:
    """The priority to give, after the others have made room for it."""
    others = Queue.objects.of(workspace).filter(work_pool_id=pool.id).exclude(id=queue.id if queue else None)
    taken = dict(others.values_list("priority", "id"))
    priority, moved = shifted(taken, wanted)
    if moved:
        others.filter(priority__in=moved).update(priority=F("priority") + 1, updated=now)
    return priority


def list_pool_queues(workspace: UUID, pool_name: str, body: Listing) -> list[WorkQueue]:
    pool = find_work_pool(workspace, pool_name)
    return list_queues(workspace, "work_pool_queues", body, pool.id)


def list_queues(workspace: UUID, root: str, body: Listing, pool: UUID | None = None) -> list[WorkQueue]:
    limits, where = page_limits(body), compile_filter(root, body)
    extra = {"where": where.text, "order": order_by(root)}
    return queries.read_work_queues(
        extra=extra, workspace=workspace, pool=pool, name=None, queue=None, limit=limits.limit, offset=limits.offset,
        **where.params,
    )  # fmt: skip


def read_pool_queue(workspace: UUID, pool_name: str, name: str) -> WorkQueue:
    pool = find_work_pool(workspace, pool_name)
    found = read_queues(workspace, pool=pool.id, name=name)
    if not found:
        raise NotFound(f"Work pool queue '{pool_name}/{name}' not found.")
    return found[0]


def read_by_id(workspace: UUID, queue_id: UUID) -> WorkQueue:
    found = read_queues(workspace, queue=queue_id)
    if not found:
        raise NotFound("work queue not found")
    return found[0]


def read_agent_queue(workspace: UUID, name: str) -> WorkQueue:
    pool = WorkPool.objects.of(workspace).filter(name=AGENT_POOL).first()
    found = read_queues(workspace, pool=pool.id, name=name) if pool else []
    if not found:
        raise NotFound("work queue not found")
    return found[0]


def read_queues(
    workspace: UUID, *, pool: UUID | None = None, name: str | None = None, queue: UUID | None = None
) -> list[WorkQueue]:
    extra = {"where": "work_queue.workspace_id = %(workspace)s::uuid", "order": "work_queue.priority"}
    return queries.read_work_queues(
        extra=extra, workspace=workspace, pool=pool, name=name, queue=queue, limit=1, offset=0
    )


def update_pool_queue(workspace: UUID, pool_name: str, name: str, body: WorkQueueUpdate, *, now: datetime) -> None:
    pool = find_work_pool(workspace, pool_name, lock=True)
    queue = Queue.objects.of(workspace).filter(work_pool_id=pool.id, name=name).first()
    if queue is None:
        raise NotFound(f"Work pool queue '{pool_name}/{name}' not found.")
    write(workspace, pool, queue, body, now=now)


def update_by_id(workspace: UUID, queue_id: UUID, body: WorkQueueUpdate, *, now: datetime) -> None:
    pool, queue = find_with_pool(workspace, queue_id, f"Work Queue {queue_id} not found")
    write(workspace, pool, queue, body, now=now)


def find_with_pool(workspace: UUID, queue_id: UUID, missing: str) -> tuple[WorkPool, Queue]:
    """A queue and its pool, which is locked: queues of a pool change one after the other."""
    queue = Queue.objects.of(workspace).filter(id=queue_id).first()
    if queue is None:
        raise NotFound(missing)
    pool = WorkPool.objects.of(workspace).select_for_update(no_key=True).get(id=queue.work_pool_id)
    return pool, queue


def write(workspace: UUID, pool: WorkPool, queue: Queue, body: WorkQueueUpdate, *, now: datetime) -> None:
    sent: dict[str, Any] = {
        key: to_builtins(value) if key == "filter" else value
        for key, value in present(body).items()
        if value is not None or key in ("concurrency_limit", "filter", "last_polled")
    }
    if sent.get("priority", queue.priority) != queue.priority:
        sent["priority"] = place(workspace, pool, queue, sent["priority"], now=now)
    before = {key: getattr(queue, key) for key in sent}
    was = queue.status
    for key, value in sent.items():
        setattr(queue, key, value)
    if "is_paused" in sent:
        queue.status = status_of(queue, now)
    pausing.note_pause(workspace, "work-queue", queue, was_paused=queue.paused_since is not None, now=now)
    queue.updated = now
    queue.save(update_fields=[*sent, "status", "paused_since", "paused_by", "updated"])
    if (payload := happenings.changes(before, sent)) is not None:
        happenings.queue_changed(workspace, pool, queue, "updated", now=now, payload=payload)
        noting.note_changes(workspace, "work-queue", queue, before, sent)
    if queue.status != was:
        happenings.queue_changed(workspace, pool, queue, happenings.READINESS[queue.status], now=now)


def list_matching(workspace: UUID, deployment_id: UUID, tags: list[str]) -> list[FilteringQueue]:
    """The queues whose own filter takes the runs of a deployment with these tags."""
    return [
        FilteringQueue(**{name: getattr(queue, name) for name in FilteringQueue.__struct_fields__})
        for queue in Queue.objects.of(workspace).filter(filter__isnull=False).order_by("name")
        if takes(queue.filter, deployment_id, tags)
    ]


def takes(filter: dict[str, Any], deployment_id: UUID, tags: list[str]) -> bool:
    ids = filter.get("deployment_ids")
    return set(filter.get("tags") or ()) <= set(tags) and (not ids or str(deployment_id) in ids)


def status_of(queue: Queue, now: datetime) -> str:
    if queue.is_paused:
        return "PAUSED"
    return "READY" if queue.last_polled is not None and now - queue.last_polled < POLLED_WITHIN else "NOT_READY"


def delete_pool_queue(workspace: UUID, pool_name: str, name: str, *, now: datetime) -> None:
    pool = find_work_pool(workspace, pool_name, lock=True)
    queue = Queue.objects.of(workspace).filter(work_pool_id=pool.id, name=name).first()
    if queue is None:
        raise NotFound(f"Work pool queue '{pool_name}/{name}' not found.")
    remove(workspace, pool, queue, now=now)


def delete_by_id(workspace: UUID, queue_id: UUID, *, now: datetime) -> None:
    pool, queue = find_with_pool(workspace, queue_id, "work queue not found")
    remove(workspace, pool, queue, now=now)


def remove(workspace: UUID, pool: WorkPool, queue: Queue, *, now: datetime) -> None:
    """A pool keeps its default queue: everything without a queue of its own goes there."""
    if queue.id == pool.default_queue_id:
        raise Refused(f"The default queue of work pool '{pool.name}' cannot be deleted.")
    happenings.queue_changed(workspace, pool, queue, "deleted", now=now)
    noting.note(workspace, "work-queue", "deleted", queue)
    Queue.objects.of(workspace).filter(id=queue.id).delete()


def read_health(workspace: UUID, queue_id: UUID, *, now: datetime) -> WorkQueueHealth:
    queue = Queue.objects.of(workspace).filter(id=queue_id).first()
    if queue is None:
        raise NotFound(f"Work queue with id {queue_id} not found", envelope="exception_message")
    late = int(queries.count_late_runs(workspace=workspace, name=queue.name))
    polled = queue.last_polled is not None and now - queue.last_polled <= POLLED_WITHIN
    return WorkQueueHealth(healthy=polled and late == 0, late_runs_count=late, last_polled=queue.last_polled)
