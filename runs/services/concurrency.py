"""Slots: who holds them, taking and giving back. Limits are locked in the order of their ids, then counted."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import Raw, Struct, json
from msgspec.structs import replace

from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction
from runs import queries_concurrency as queries
from runs.queries_concurrency import FreedSlots
from runs.rules import slots as arithmetic
from runs.rules.facts import DeploymentLimit, TagLimit
from runs.rules.slots import TAG, Books, Limit
from runs.rules.verdicts import Release, Renew, Take

DEPLOYMENT = "deployment:"
NO_NAMES: list[str] = []
NO_IDS: list[UUID] = []
SWEPT_AT_ONCE = 1000


class Collision(Struct):
    """A deployment's `concurrency_options`."""

    collision_strategy: str | None = None
    grace_period_seconds: int | None = None


decode_collision = json.Decoder(Collision).decode


# --- what the rules ask ----------------------------------------------------------------------------------------------


def facts_for_deployment(
    workspace: UUID, limit_id: UUID, flow_run_id: UUID, lease_id: UUID | None, *, options: Raw | None = None
) -> DeploymentLimit | None:
    """The limit of a run's deployment, locked; None if it is gone or switched off. `options`: the deployment's own."""
    limits = queries.lock_limits(workspace=workspace, ids=[limit_id], names=NO_NAMES)
    if not limits or not limits[0].active:
        return None
    leased = count_by_limit(workspace, limits, lease=lease_id, holder_type="flow_run", holder=flow_run_id)
    limit = counted(limits[0], leased)
    mine = leased.get(limit.id)
    chosen = Collision() if options is None else decode_collision(options)
    return DeploymentLimit(
        id=limit.id, limit=limit.limit, active_slots=limit.taken, spare_lease_id=uuid7(),
        held=mine is not None and (mine.by_lease or mine.by_holder),
        lease_alive=mine is not None and mine.by_lease,
        collision_strategy=chosen.collision_strategy,  # type: ignore[arg-type]
        grace_period_seconds=chosen.grace_period_seconds,
    )  # fmt: skip


def facts_for_tags(workspace: UUID, tags: Iterable[str], task_run_id: UUID) -> tuple[TagLimit, ...]:
    """The active limits on a task run's tags, locked, by tag."""
    names = sorted({TAG + tag for tag in tags})
    limits = [limit for limit in queries.lock_limits(workspace=workspace, ids=NO_IDS, names=names) if limit.active]
    if not limits:
        return ()
    leased = count_by_limit(workspace, limits, holder_type="task_run", holder=task_run_id)
    return tuple(
        TagLimit(
            id=limit.id, tag=limit.name.removeprefix(TAG), limit=limit.limit, active_slots=counted(limit, leased).taken,
            held=limit.id in leased and leased[limit.id].by_holder,
            avg_slot_occupancy_seconds=limit.avg_slot_occupancy_seconds,
        )
        for limit in sorted(limits, key=lambda limit: limit.name)
    )  # fmt: skip


# --- what the rules decided ------------------------------------------------------------------------------------------


def apply(workspace: UUID, takes: Take | None, renews: Renew | None, releases: Release | None) -> None:
    """Do with slots what a transition decided, in its transaction."""
    if releases is not None:
        release(workspace, releases)
    if renews is not None:
        queries.renew_lease(workspace=workspace, lease=renews.lease_id, seconds=renews.ttl_seconds)
    if takes is not None:
        take(workspace, takes)


def take(workspace: UUID, takes: Take) -> UUID:
    """Take one slot on each limit under one lease, full or not: the rule that asked for it has looked.

    What the holder has there already is replaced, so that no run counts twice.
    """
    limits = queries.lock_limits(workspace=workspace, ids=list(takes.limit_ids), names=NO_NAMES)
    gone = queries.delete_leases(
        workspace=workspace, lease=None, holder_type=takes.holder_type, holder=takes.holder_id,
        limits=[limit.id for limit in limits],
    )  # fmt: skip
    limits = settle(limits, gone)
    return lease_slots(
        workspace, limits, 1, lease_id=takes.lease_id, seconds=takes.ttl_seconds,
        holder_type=takes.holder_type, holder=takes.holder_id,
    )  # fmt: skip


def release(workspace: UUID, releases: Release) -> None:
    """Give back the slots that a run holds on its deployment's limit, or on the limits of its tags; no others."""
    prefix = DEPLOYMENT if releases.holder_type == "flow_run" else TAG
    free_held(
        workspace, lease=releases.lease_id, holder_type=releases.holder_type, holder=releases.holder_id,
        limit=releases.limit_id, prefix=prefix,
    )  # fmt: skip


# --- leases ----------------------------------------------------------------------------------------------------------


def lease_slots(
    workspace: UUID,
    limits: Sequence[Limit],
    slots: int,
    *,
    seconds: float | None,
    lease_id: UUID | None = None,
    holder_type: str | None = None,
    holder: UUID | None = None,
) -> UUID:
    """Write a lease over locked limits, over none as well: clients renew and release it all the same."""
    lease_id = lease_id or uuid7()
    ids: list[UUID | None] = [limit.id for limit in limits] or [None]
    queries.insert_lease(
        workspace=workspace, lease=lease_id, slots=slots, holder_type=holder_type, holder=holder, seconds=seconds,
        ids=[uuid7() for _ in ids], limits=ids,
    )  # fmt: skip
    write([arithmetic.take(limit, slots, leased=True) for limit in limits])
    return lease_id


def free_held(
    workspace: UUID,
    *,
    lease: UUID | None = None,
    holder_type: str | None = None,
    holder: UUID | None = None,
    limit: UUID | None = None,
    prefix: str | None = None,
) -> None:
    """End a lease, or whatever a holder has on a limit and on those whose names begin with `prefix`."""
    limits = queries.lock_held_limits(
        workspace=workspace, lease=lease, holder_type=holder_type, holder=holder, limit=limit, prefix=prefix
    )
    gone = queries.delete_leases(
        workspace=workspace, lease=lease, holder_type=holder_type, holder=holder, limits=[limit.id for limit in limits]
    )
    settle(limits, gone)


def settle(limits: Iterable[Limit], gone: Iterable[FreedSlots]) -> list[Limit]:
    """Write down on locked limits that these leases have ended. The limits as they are then."""
    now = {limit.id: limit for limit in limits}
    freed: dict[UUID, Books] = {}
    for row in gone:
        if row.limit_id is not None and (limit := now.get(row.limit_id)) is not None:
            freed[limit.id] = arithmetic.free(limit, row.slots, row.age_seconds, leased=True)
            now[limit.id] = rebooked(limit, freed[limit.id])
    write(freed.values())
    return list(now.values())


def rebooked(limit: Limit, books: Books) -> Limit:
    return replace(
        limit, active_slots=books.active_slots, denied_slots=books.denied_slots,
        avg_slot_occupancy_seconds=books.avg_slot_occupancy_seconds, idle_seconds=books.carried_seconds,
    )  # fmt: skip


def count_by_limit(
    workspace: UUID,
    limits: Iterable[Limit],
    *,
    lease: UUID | None = None,
    holder_type: str | None = None,
    holder: UUID | None = None,
) -> dict[UUID, queries.LeasedSlots]:
    """What live leases hold of locked limits; a limit without any is left out."""
    ids = [limit.id for limit in limits]
    rows = queries.count_leased(workspace=workspace, ids=ids, lease=lease, holder_type=holder_type, holder=holder)
    return {row.id: row for row in rows}


def counted(limit: Limit, leased: dict[UUID, queries.LeasedSlots]) -> Limit:
    return replace(limit, leased_slots=leased[limit.id].slots) if limit.id in leased else limit


def write(changed: Iterable[Books | None]) -> None:
    rows = [books for books in changed if books is not None]
    if not rows:
        return
    queries.write_books(
        workspaces=[row.workspace_id for row in rows], ids=[row.id for row in rows],
        active=[row.active_slots for row in rows], denied=[row.denied_slots for row in rows],
        averages=[row.avg_slot_occupancy_seconds for row in rows], carried=[row.carried_seconds for row in rows],
    )  # fmt: skip


# --- the sweep -------------------------------------------------------------------------------------------------------


def repossess_expired() -> int:
    """Remove leases that ran out, in all workspaces, at most `SWEPT_AT_ONCE`. They stopped counting when they did."""
    with system_transaction():
        limits = queries.lock_expired_limits(most=SWEPT_AT_ONCE)
        gone = queries.delete_expired_leases(
            workspaces=[limit.workspace_id for limit in limits], ids=[limit.id for limit in limits], most=SWEPT_AT_ONCE
        )
        settle([limit for limit in limits if limit.decays], gone)
        return len(gone)
