"""Clean-ups: asked for in the transaction that makes them necessary, offered until a worker acknowledges them.

Everything stands in rows, so it does not matter which process holds the worker's socket, and a server that is killed
forgets nothing: the lease of what it had offered ends, and the request is offered again.
"""

from datetime import datetime
from uuid import UUID

from controlplane.sql.transactions import after_commit, system_transaction, workspace_transaction
from controlplane.streams.doorbell import ring
from deployments import queries_cleanups as queries
from deployments.models import Cleanup
from deployments.queries_cleanups import Reserved
from deployments.rules.cleanups import (
    ACCEPTED,
    KEPT,
    LEASE,
    MOST_DELIVERIES,
    OTHERS_AFTER,
    TIMEOUT_TEARDOWN,
    TOO_OFTEN,
    Operation,
    Outcome,
    Standing,
    is_last,
    judge,
    message_id,
)
from runs.services import sweeping

BELL = "cleanup"


def finish_stuck_cancellations(now: datetime) -> int:
    """Runs that are CANCELLING for too long become CANCELLED, and a worker is asked to stop what may still run."""

    def ask(workspace: UUID, flow_run: UUID, state: UUID) -> None:
        request_teardown(workspace, flow_run, state, now=now)

    return sweeping.finish_stuck_cancellations(now, afterwards=ask)


def request_teardown(workspace: UUID, flow_run: UUID, state: UUID, *, now: datetime) -> UUID | None:
    """The request's id, in the open transaction; None if there is no worker to ask, or it is asked for already."""
    made: UUID | None = queries.request_cleanup(
        workspace=workspace, run=flow_run, id=message_id(TIMEOUT_TEARDOWN, flow_run, state), kind=TIMEOUT_TEARDOWN,
        now=now,
    )  # fmt: skip
    if made is not None:
        after_commit(lambda: ring(workspace, BELL))
    return made


def claim(
    workspace: UUID, pool: UUID, connection: UUID, *, queues: list[UUID], kinds: list[str], room: int, now: datetime
) -> list[Reserved]:
    """What this connection is given now; it never holds more than `room` at once."""
    return queries.claim_cleanups(
        workspace=workspace, pool=pool, connection=connection, queues=queues, kinds=kinds, room=room, now=now,
        until=now + LEASE, most=MOST_DELIVERIES, elsewhere=now - OTHERS_AFTER,
    )  # fmt: skip


def settle(
    workspace: UUID, pool: UUID, operation: Operation, request_id: UUID, token: str, reason: str | None, now: datetime
) -> tuple[Outcome, datetime | None]:
    """What comes of a worker's word on a request, and how long it has it now if it was renewed."""
    row = Cleanup.objects.of(workspace).select_for_update(no_key=True).filter(id=request_id).first()
    outcome = judge(None if row is None else standing(row), pool=pool, token=token, now=now)
    if outcome is not ACCEPTED or row is None:
        return outcome, None
    if operation == "ack":
        Cleanup.objects.of(workspace).filter(id=row.id).delete()
        return outcome, None
    if operation == "renew":
        row.lease_expires = row.updated = now + LEASE
        row.save(update_fields=["lease_expires", "updated"])
        return outcome, row.lease_expires
    row.connection_id = row.reservation_token = row.lease_expires = None
    row.available = row.updated = now
    row.release_reason = (reason or "")[:1024]
    row.dead_since = now if is_last(row.delivery_count) else None
    row.save()
    if row.dead_since is not None:
        return Outcome("dead_lettered", TOO_OFTEN), None
    after_commit(lambda: ring(workspace, BELL))
    return outcome, None


def standing(row: Cleanup) -> Standing:
    return Standing(
        row.work_pool_id, row.reservation_token, row.lease_expires, row.delivery_count, row.dead_since is not None
    )


def release_connection(workspace: UUID, pool: UUID, connection: UUID, *, now: datetime) -> None:
    """The socket is gone: what it was given is free for others."""
    with workspace_transaction(workspace):
        queries.release_connection(workspace=workspace, pool=pool, connection=connection, now=now, most=MOST_DELIVERIES)
        after_commit(lambda: ring(workspace, BELL))


def expire(now: datetime) -> None:
    """In all workspaces: what was offered too often is dead, and what is older than `KEPT` is forgotten."""
    with system_transaction():
        queries.bury_cleanups(now=now, most=MOST_DELIVERIES)
        queries.forget_cleanups(before=now - KEPT)
