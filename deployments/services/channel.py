"""What a worker's socket asks of the database: its welcome, its heartbeats, its pool as it is now, its clean-ups."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from controlplane.errors import NotFound, Problem
from controlplane.sql.transactions import workspace_transaction
from deployments.models import WorkPool as PoolRow
from deployments.models import WorkQueue
from deployments.queries_cleanups import Reserved
from deployments.rules.cleanups import Operation, Outcome
from deployments.services import cleanups, work_pools, workers
from deployments.wire.channel import HeartbeatPayload, HelloPayload
from deployments.wire.work_pools import WorkPool, WorkPoolCreate, WorkPoolUpdate
from deployments.wire.workers import Heartbeat


class Unwelcome(Exception):
    """The worker may not come in; the text is the channel's close reason."""


class Welcome(Struct, frozen=True):
    """Where a worker has come in."""

    worker_id: UUID
    pool: WorkPool
    queues: list[tuple[UUID, str]]


class View(Struct, frozen=True):
    """What a look at the database has found: the pool, or None if it is gone, and clean-ups for this socket."""

    pool: WorkPool | None
    cleanups: list[Reserved]


def welcome(
    workspace: UUID, pool_name: str, hello: HelloPayload, *, client_version: str | None, may_create: bool, now: datetime
) -> Welcome:
    """The hello is a heartbeat, too. Raises Unwelcome."""
    with workspace_transaction(workspace):
        pool = find_or_create(workspace, pool_name, hello, may_create=may_create, now=now)
        queues = resolve(workspace, pool, hello.work_queue_names)
        beat = Heartbeat(
            name=hello.worker_name, heartbeat_interval_seconds=hello.heartbeat_interval_seconds,
            metadata=hello.worker_metadata,
        )  # fmt: skip
        worker_id = workers.record_heartbeat(workspace, pool_name, beat, client_version=client_version, now=now)
        return Welcome(worker_id, work_pools.read_work_pool(workspace, pool_name, client_version), queues)


def find_or_create(
    workspace: UUID, name: str, hello: HelloPayload, *, may_create: bool, now: datetime
) -> PoolRow:  # fmt: skip
    template = hello.default_base_job_template
    try:
        pool = work_pools.find_work_pool(workspace, name)
    except NotFound as missing:
        if not hello.create_pool_if_not_found or not may_create or name.lower().startswith("prefect"):
            raise Unwelcome("authorization_failed") from missing
        create(workspace, name, hello, now=now)
        return work_pools.find_work_pool(workspace, name)
    if not pool.base_job_template and template and may_create:
        attempt(lambda: work_pools.update_work_pool(
            workspace, name, WorkPoolUpdate(base_job_template=template), now=now))  # fmt: skip
    return pool


def create(workspace: UUID, name: str, hello: HelloPayload, *, now: datetime) -> None:
    def make() -> object:
        body = WorkPoolCreate(name=name, type=hello.worker_type, base_job_template=hello.default_base_job_template)
        return work_pools.create_work_pool(workspace, body, now=now)

    attempt(make)


def attempt(act: Callable[[], object]) -> None:
    """What the worker's own template or name makes impossible is its mistake."""
    try:
        act()
    except (Problem, ValueError) as problem:
        raise Unwelcome("protocol_error") from problem


def resolve(workspace: UUID, pool: PoolRow, names: list[str]) -> list[tuple[UUID, str]]:
    """The queues that a worker named, in its order; none named, none resolved: it takes them all."""
    rows = WorkQueue.objects.of(workspace).filter(work_pool_id=pool.id, name__in=names)
    known = {row.name: row.id for row in rows}
    if any(name not in known for name in names):
        raise Unwelcome("authorization_failed")
    return [(known[name], name) for name in dict.fromkeys(names)]


def beat(
    workspace: UUID, pool_name: str, said: HeartbeatPayload, *, client_version: str | None, now: datetime
) -> WorkPool | None:
    """The pool as it is now; None if it is gone."""
    body = Heartbeat(name=said.worker_name, heartbeat_interval_seconds=said.heartbeat_interval_seconds)
    with workspace_transaction(workspace):
        try:
            workers.record_heartbeat(workspace, pool_name, body, client_version=client_version, now=now)
            return work_pools.read_work_pool(workspace, pool_name, client_version)
        except NotFound:
            return None


def look(
    workspace: UUID, pool_name: str, pool: UUID, connection: UUID, *, queues: list[UUID], kinds: list[str], room: int,
    client_version: str | None, now: datetime,
) -> View:  # fmt: skip
    with workspace_transaction(workspace):
        try:
            found = work_pools.read_work_pool(workspace, pool_name, client_version)
        except NotFound:
            return View(None, [])
        if found.id != pool:
            return View(None, [])
        if not room or not kinds:
            return View(found, [])
        given = cleanups.claim(workspace, pool, connection, queues=queues, kinds=kinds, room=room, now=now)
        return View(found, given)


def settle(
    workspace: UUID, pool: UUID, operation: Operation, request_id: UUID, token: str, reason: str | None, now: datetime
) -> tuple[Outcome, datetime | None]:
    with workspace_transaction(workspace):
        return cleanups.settle(workspace, pool, operation, request_id, token, reason, now)
