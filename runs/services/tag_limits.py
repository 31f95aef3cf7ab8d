"""Limits on tags, as clients saw them before limits had names: a view over the limits called `tag:<tag>`."""

import random
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from controlplane.errors import Locked, NotFound
from controlplane.filters import Listing, page_limits
from controlplane.ids import uuid7
from runs import queries_concurrency as queries
from runs.queries_concurrency import ReadLimit
from runs.rules import slots as arithmetic
from runs.rules.slots import TAG, Limit
from runs.services import concurrency
from runs.services.concurrency import NO_IDS
from runs.services.limits import FIRST_AVERAGE_SECONDS, tell
from runs.wire import concurrency as wire

NOT_FOUND = "Concurrency limit not found"
DEADLOCK = 'The concurrency limit on tag "{tag}" is 0 and will deadlock if the task tries to run again.'


def set_limit(workspace: UUID, body: wire.TagLimitCreate, *, now: datetime) -> tuple[wire.TagLimit, bool]:
    """The limit with its new number, and whether it is new."""
    fresh = uuid7()
    stored = queries.set_tag_limit(
        workspace=workspace, id=fresh, name=TAG + body.tag, limit=body.concurrency_limit, average=FIRST_AVERAGE_SECONDS
    )
    assert stored is not None
    created = stored.id == fresh
    tell(workspace, "created" if created else "updated", stored, now)
    return read_limit(workspace, stored.id), created


def read_limit(workspace: UUID, id: UUID) -> wire.TagLimit:
    return as_read(find(workspace, id=id))


def read_limit_by_tag(workspace: UUID, tag: str) -> wire.TagLimit:
    return as_read(find(workspace, tag=tag))


def list_limits(workspace: UUID, body: Listing) -> list[wire.TagLimit]:
    page = page_limits(body)
    rows = queries.read_limits(
        workspace=workspace, id=None, name=None, prefix=TAG, limit=page.limit, offset=page.offset
    )
    return [as_read(row) for row in rows]


def delete_limit(workspace: UUID, id: UUID, *, now: datetime) -> None:
    """By the id of any limit, as it has always been."""
    tell_deleted(workspace, queries.delete_limit(workspace=workspace, id=id, name=None), now)


def delete_limit_by_tag(workspace: UUID, tag: str, *, now: datetime) -> None:
    tell_deleted(workspace, queries.delete_limit(workspace=workspace, id=None, name=TAG + tag), now)


def tell_deleted(workspace: UUID, gone: wire.Limit | None, now: datetime) -> None:
    if gone is None:
        raise NotFound(NOT_FOUND)
    tell(workspace, "deleted", gone, now)


def reset_limit(workspace: UUID, tag: str, holders: Iterable[UUID]) -> None:
    """Take the slots from whoever holds them and give them to these task runs."""
    limits = queries.lock_limits(workspace=workspace, ids=NO_IDS, names=[TAG + tag])
    if not limits:
        raise NotFound(NOT_FOUND)
    concurrency.settle(limits, queries.delete_leases_of_limit(workspace=workspace, limit=limits[0].id))
    for holder in dict.fromkeys(holders):
        hold(workspace, limits, holder)


def increment(workspace: UUID, body: wire.TagSlots) -> list[wire.MinimalLimit]:
    """Take a slot on every tag that has a limit, or on none. Raises Locked."""
    limits = lock(workspace, body.names)
    leased = concurrency.count_by_limit(workspace, limits)
    limits = [concurrency.counted(limit, leased) for limit in limits]
    wanted = [limit for limit in limits if limit.active]
    for limit in wanted:
        refuse_if_full(limit)
    if wanted:
        hold(workspace, wanted, body.task_run_id)
    return [wire.MinimalLimit(id=limit.id, name=tag_of(limit), limit=limit.limit) for limit in limits]


def decrement(workspace: UUID, body: wire.TagSlots) -> list[wire.MinimalLimit]:
    """Give back what the task run holds on these tags."""
    limits = lock(workspace, body.names)
    gone = queries.delete_leases(
        workspace=workspace, lease=None, holder_type="task_run", holder=body.task_run_id,
        limits=[limit.id for limit in limits],
    )  # fmt: skip
    concurrency.settle(limits, gone)
    return [wire.MinimalLimit(id=limit.id, name=limit.name, limit=limit.limit) for limit in limits]


def refuse_if_full(limit: Limit) -> None:
    tag = tag_of(limit)
    if limit.limit == 0:
        raise Locked(DEADLOCK.format(tag=tag), retry_after=limit.longest_wait_seconds)
    if not arithmetic.have_room([limit], 1):
        seconds = arithmetic.retry_after([limit], 1, random.random())
        raise Locked(f"Concurrency limit for the {tag} tag has been reached", retry_after=seconds)


def lock(workspace: UUID, tags: Iterable[str]) -> list[Limit]:
    limits = queries.lock_limits(workspace=workspace, ids=NO_IDS, names=[TAG + tag for tag in tags])
    return sorted(limits, key=lambda limit: limit.name)


def hold(workspace: UUID, limits: list[Limit], task_run_id: UUID) -> None:
    concurrency.lease_slots(workspace, limits, 1, seconds=None, holder_type="task_run", holder=task_run_id)


def find(workspace: UUID, *, id: UUID | None = None, tag: str | None = None) -> ReadLimit:
    name = None if tag is None else TAG + tag
    rows = queries.read_limits(workspace=workspace, id=id, name=name, prefix=TAG, limit=1, offset=0)
    if not rows:
        raise NotFound(NOT_FOUND)
    return rows[0]


def tag_of(limit: Limit) -> str:
    return limit.name.removeprefix(TAG)


def as_read(row: ReadLimit) -> wire.TagLimit:
    return wire.TagLimit(
        id=row.id, created=row.created, updated=row.updated, tag=tag_of(row), concurrency_limit=row.limit,
        active_slots=row.task_runs,
    )  # fmt: skip
