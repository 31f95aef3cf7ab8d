"""Concurrency limits by name: what people set up, and what clients take from them."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from controlplane.errors import INTEGRITY_CONFLICT, Conflict, Gone, Invalid, Locked, NotFound
from controlplane.filters import Listing, page_limits
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.structs import present
from events.services import emission
from events.services.emission import Emitted
from runs import queries_concurrency as queries
from runs.queries_concurrency import ReadLimit
from runs.rules import slots as arithmetic
from runs.rules.slots import Limit
from runs.services import concurrency
from runs.services.concurrency import NO_IDS, NO_NAMES
from runs.wire import concurrency as wire
from workspaces.services import audit

FIRST_AVERAGE_SECONDS = 2.0
NOT_FOUND = "Concurrency Limit not found"
NO_DECAY = (
    "Only concurrency limits with slot decay can be used for rate limiting. "
    "The following limits do not have a decay configured: '{names}'"
)


def create_limit(workspace: UUID, body: wire.LimitCreate, *, now: datetime) -> wire.Limit:
    made = queries.create_limit(
        workspace=workspace, id=uuid7(), name=body.name, limit=body.limit, active=body.active,
        active_slots=body.active_slots, denied_slots=body.denied_slots, decay=body.slot_decay_per_second,
        average=FIRST_AVERAGE_SECONDS,
    )  # fmt: skip
    assert made is not None
    tell(workspace, "created", made, now)
    return made


def read_limit(workspace: UUID, id_or_name: str) -> wire.GlobalLimit:
    return as_read(find_limit(workspace, id_or_name))


def list_limits(workspace: UUID, body: Listing) -> list[wire.GlobalLimit]:
    page = page_limits(body)
    rows = queries.read_limits(workspace=workspace, id=None, name=None, prefix="", limit=page.limit, offset=page.offset)
    return [as_read(row) for row in rows]


def update_limit(workspace: UUID, id_or_name: str, body: wire.LimitUpdate, *, now: datetime) -> None:
    """Change what was sent. Setting `active_slots` below what leases hold takes the oldest leases off the limit."""
    found = find_limit(workspace, id_or_name)
    sent = present(body)
    if None in sent.values():
        raise Conflict(INTEGRITY_CONFLICT)
    locked = queries.lock_limits(workspace=workspace, ids=[found.id], names=NO_NAMES)
    if not locked:
        raise NotFound(NOT_FOUND)
    limit = concurrency.counted(locked[0], concurrency.count_by_limit(workspace, locked))
    decay = sent.get("slot_decay_per_second", limit.slot_decay_per_second)
    taken = sent.get("active_slots", limit.taken)
    assert isinstance(decay, (int, float))
    assert isinstance(taken, int)
    changed = queries.update_limit(
        workspace=workspace, id=limit.id, name=sent.get("name", limit.name), limit=sent.get("limit", limit.limit),
        active=sent.get("active", limit.active), denied_slots=sent.get("denied_slots", limit.denied), decay=decay,
        active_slots=taken if decay > 0 else taken - keep_leased(workspace, limit, taken),
    )  # fmt: skip
    assert changed is not None
    tell(workspace, "updated", changed, now)


def keep_leased(workspace: UUID, limit: Limit, most: int) -> int:
    """The slots that leases still hold after the oldest above `most` have lost theirs."""
    if limit.leased_slots <= most:
        return limit.leased_slots
    queries.detach_oldest_leases(workspace=workspace, limit=limit.id, keep=most)
    left = concurrency.count_by_limit(workspace, [limit])
    return left[limit.id].slots if limit.id in left else 0


def delete_limit(workspace: UUID, id_or_name: str, *, now: datetime) -> None:
    id, name = id_and_name(id_or_name)
    gone = queries.delete_limit(workspace=workspace, id=id, name=name)
    if gone is None:
        raise NotFound(NOT_FOUND)
    tell(workspace, "deleted", gone, now)


def tell(workspace: UUID, what: Literal["created", "updated", "deleted"], limit: wire.Limit, now: datetime) -> None:
    event = Emitted(
        event=f"prefect.concurrency-limit.{what}",
        occurred=now,
        resource={"prefect.resource.id": f"prefect.concurrency-limit.{limit.id}", "prefect.resource.name": limit.name},
        payload={
            "name": limit.name,
            "limit": limit.limit,
            "active": limit.active,
            "slot_decay_per_second": limit.slot_decay_per_second,
        },
    )
    emission.insert(workspace, [event], now=now)
    audit.record(
        workspace, action=f"concurrency-limit.{what}", target_kind="concurrency-limit", target_id=limit.id,
        target_name=limit.name, changes={"limit": [None, limit.limit], "active": [None, limit.active]},
    )  # fmt: skip


# --- what clients take -----------------------------------------------------------------------------------------------


def increment(workspace: UUID, body: wire.Increment) -> list[wire.MinimalLimit]:
    """Take slots on all of the limits that exist, or on none. Raises Locked, and remembers the refusal."""
    with workspace_transaction(workspace):
        limits = lock_for(workspace, body)
        room = arithmetic.have_room(limits, body.slots)
        wanted = switched_on(limits)
        if room:
            concurrency.write([arithmetic.take(limit, body.slots, leased=False) for limit in wanted])
        else:
            concurrency.write([arithmetic.refuse(limit, body.slots) for limit in wanted])
    if not room:
        raise locked(limits, body.slots)
    return minimal(limits)


def increment_with_lease(workspace: UUID, body: wire.IncrementWithLease) -> wire.Leased:
    """The same, until the lease runs out."""
    with workspace_transaction(workspace):
        limits = lock_for(workspace, body)
        room = arithmetic.have_room(limits, body.slots)
        if room:
            lease_id = concurrency.lease_slots(
                workspace, switched_on(limits), body.slots, seconds=body.lease_duration,
                holder_type=body.holder.type if body.holder else None, holder=body.holder.id if body.holder else None,
            )  # fmt: skip
        else:
            concurrency.write([arithmetic.refuse(limit, body.slots) for limit in switched_on(limits)])
    if not room:
        raise locked(limits, body.slots)
    return wire.Leased(lease_id=lease_id, limits=minimal(limits))


def renew_lease(workspace: UUID, lease_id: UUID, body: wire.RenewLease) -> None:
    if not queries.renew_lease(workspace=workspace, lease=lease_id, seconds=body.lease_duration):
        raise Gone("Lease not found - it may have expired or been revoked")


def decrement(workspace: UUID, body: wire.Decrement) -> list[wire.MinimalLimit]:
    """Give back slots that were taken without a lease."""
    limits = queries.lock_limits(workspace=workspace, ids=NO_IDS, names=body.names)
    concurrency.write(
        [arithmetic.free(limit, body.slots, body.occupancy_seconds, leased=False) for limit in switched_on(limits)]
    )
    return minimal(limits)


def decrement_with_lease(workspace: UUID, lease_id: UUID) -> None:
    """End a lease; one that has ended already is passed over."""
    concurrency.free_held(workspace, lease=lease_id)


def lock_for(workspace: UUID, body: wire.Increment) -> list[Limit]:
    """The limits of those names, locked and counted. Raises Invalid for what can never be granted."""
    limits = queries.lock_limits(workspace=workspace, ids=NO_IDS, names=body.names)
    if any(limit.active and limit.limit < body.slots for limit in limits):
        raise Invalid("Slots requested is greater than the limit")
    if body.mode == "rate_limit" and (steady := sorted(limit.name for limit in limits if not limit.decays)):
        raise Invalid(NO_DECAY.format(names=",".join(steady)))
    if not limits:
        return []
    leased = concurrency.count_by_limit(workspace, limits)
    return [concurrency.counted(limit, leased) for limit in limits]


def locked(limits: Sequence[Limit], slots: int) -> Locked:
    return Locked("Locked", retry_after=arithmetic.retry_after(limits, slots, random.random()))


def switched_on(limits: Sequence[Limit]) -> list[Limit]:
    return [limit for limit in limits if limit.active]


def minimal(limits: Sequence[Limit]) -> list[wire.MinimalLimit]:
    by_name = sorted(limits, key=lambda limit: limit.name)
    return [wire.MinimalLimit(id=limit.id, name=limit.name, limit=limit.limit) for limit in by_name]


# --- finding ---------------------------------------------------------------------------------------------------------


def find_limit(workspace: UUID, id_or_name: str) -> ReadLimit:
    id, name = id_and_name(id_or_name)
    rows = queries.read_limits(workspace=workspace, id=id, name=name, prefix="", limit=1, offset=0)
    if not rows:
        raise NotFound(NOT_FOUND)
    return rows[0]


def id_and_name(id_or_name: str) -> tuple[UUID | None, str | None]:
    """What a path segment means: an id if it looks like one."""
    try:
        return UUID(id_or_name), None
    except ValueError:
        return None, id_or_name


def as_read(row: ReadLimit) -> wire.GlobalLimit:
    return wire.GlobalLimit(
        id=row.id, created=row.created, updated=row.updated, active=row.active, name=row.name, limit=row.limit,
        active_slots=row.taken, slot_decay_per_second=row.slot_decay_per_second,
    )  # fmt: skip
