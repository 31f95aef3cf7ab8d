"""The arithmetic of concurrency limits: slots taken, coming free by time, and refused.

A limit counts its live leases. What was taken without a lease is a number beside them. A limit whose slots decay
counts in that number alone, leases included, since there a slot comes free before its lease ends.
"""

from collections.abc import Sequence
from math import floor
from uuid import UUID

from msgspec import Struct

from runs.rules.moments import clamped_poisson

TAG = "tag:"
LONGEST_TAG_WAIT_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 30.0
SHORTEST_OCCUPANCY_SECONDS = 0.1
LARGEST_COUNT = 2**31 - 1


class Limit(Struct, kw_only=True, frozen=True):
    """A limit as stored, under its row lock; `idle_seconds` since it was last written, `leased_slots` live now."""

    workspace_id: UUID
    id: UUID
    name: str
    limit: int
    active: bool
    active_slots: int
    denied_slots: int
    slot_decay_per_second: float
    avg_slot_occupancy_seconds: float
    idle_seconds: float
    leased_slots: int = 0

    @property
    def decays(self) -> bool:
        return self.slot_decay_per_second > 0

    @property
    def counted(self) -> int:
        """The number beside the leases, less what has come free since."""
        return decayed(self.active_slots, self.slot_decay_per_second, self.idle_seconds)

    @property
    def taken(self) -> int:
        return self.counted if self.decays else self.counted + self.leased_slots

    @property
    def denied(self) -> int:
        """Refused slots that are probably still wanted."""
        rate = self.slot_decay_per_second
        if not self.decays:
            rate = 1 / min(max(self.avg_slot_occupancy_seconds, SHORTEST_OCCUPANCY_SECONDS), self.longest_wait_seconds)
        return decayed(self.denied_slots, rate, self.idle_seconds)

    @property
    def longest_wait_seconds(self) -> float:
        return LONGEST_TAG_WAIT_SECONDS if self.name.startswith(TAG) else LONGEST_WAIT_SECONDS


class Books(Struct, kw_only=True, frozen=True):
    """What is to be stored; `carried_seconds` is the part of a slot's decay that the next reckoning begins with."""

    workspace_id: UUID
    id: UUID
    active_slots: int
    denied_slots: int
    avg_slot_occupancy_seconds: float
    carried_seconds: float = 0.0


def decayed(count: int, per_second: float, seconds: float) -> int:
    """What is left of a count; only whole slots come free."""
    return count - floor(min(count, per_second * max(seconds, 0.0)))


def have_room(limits: Sequence[Limit], slots: int) -> bool:
    """Whether every limit that is switched on has that many slots left."""
    return all(limit.taken + slots <= limit.limit for limit in limits if limit.active)


def take(limit: Limit, slots: int, *, leased: bool) -> Books | None:
    """The books after taking slots; None if the lease is all there is to write."""
    if leased and not limit.decays:
        return None
    return books(limit, active_slots=limit.counted + slots)


def refuse(limit: Limit, slots: int) -> Books:
    """The books after a refusal."""
    return books(limit, denied_slots=min(limit.denied + slots, LARGEST_COUNT))


def free(limit: Limit, slots: int, occupancy_seconds: float | None, *, leased: bool) -> Books:
    """The books after giving slots back; how long they were held moves the average."""
    average = limit.avg_slot_occupancy_seconds
    if occupancy_seconds is not None and limit.limit > 0:
        occupancy = max(occupancy_seconds / slots, SHORTEST_OCCUPANCY_SECONDS)
        average += (occupancy - average) / (2 * limit.limit)
    counted = limit.counted if leased and not limit.decays else max(0, limit.counted - slots)
    return books(limit, active_slots=counted, avg_slot_occupancy_seconds=average)


def books(
    limit: Limit,
    *,
    active_slots: int | None = None,
    denied_slots: int | None = None,
    avg_slot_occupancy_seconds: float | None = None,
) -> Books:
    """The limit as it is now, with some numbers changed.

    While slots are decaying, the begun part of the next one is carried over: callers that ask often would otherwise
    set the clock back each time, and none would ever come free.
    """
    carried = 0.0
    if limit.decays and limit.counted > 0:
        carried = (limit.slot_decay_per_second * limit.idle_seconds) % 1 / limit.slot_decay_per_second
    return Books(
        workspace_id=limit.workspace_id,
        id=limit.id,
        active_slots=limit.counted if active_slots is None else active_slots,
        denied_slots=limit.denied if denied_slots is None else denied_slots,
        avg_slot_occupancy_seconds=(
            limit.avg_slot_occupancy_seconds if avg_slot_occupancy_seconds is None else avg_slot_occupancy_seconds
        ),
        carried_seconds=max(0.0, carried),
    )


def retry_after(limits: Sequence[Limit], slots: int, chance: float) -> float:
    """Seconds to wait before asking again: by the limit that is most in demand, and not all at once."""
    switched_on = [limit for limit in limits if limit.active]
    busiest = max(switched_on, key=lambda limit: demand(limit, slots))
    return clamped_poisson(mean_wait_seconds(busiest, slots), chance)


def demand(limit: Limit, slots: int) -> float:
    wanted = slots + limit.denied
    return wanted if limit.decays or limit.limit == 0 else wanted / limit.limit


def mean_wait_seconds(limit: Limit, slots: int) -> float:
    if limit.decays:
        return demand(limit, slots) / limit.slot_decay_per_second
    longest = limit.longest_wait_seconds
    return min(min(limit.avg_slot_occupancy_seconds, longest) * demand(limit, slots), longest)
