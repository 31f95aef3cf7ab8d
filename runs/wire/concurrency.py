"""Concurrency limits on the wire: the global ones (v2), and those on tags as 2.x clients see them (v1)."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from controlplane.wire.structs import UNSET, Body, Named, Out, UnsetType
from runs.wire.flows import Name

LARGEST_COUNT = 2**31 - 1
Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Slots = Annotated[int, Meta(gt=0, le=LARGEST_COUNT)]
Decay = Annotated[float, Meta(ge=0)]
LeaseSeconds = Annotated[float, Meta(ge=60, le=86400)]
Mode = Literal["concurrency", "rate_limit"]
LEASE_SECONDS = 300


class LimitCreate(Body, kw_only=True):
    name: Name
    limit: Count
    active: bool = True
    active_slots: Count = 0
    denied_slots: Count = 0
    slot_decay_per_second: Decay = 0


class LimitUpdate(Body, kw_only=True):
    """A PATCH. A null stands for a value that cannot be null, and is refused when it is stored."""

    name: Name | UnsetType | None = UNSET
    limit: Count | UnsetType | None = UNSET
    active: bool | UnsetType | None = UNSET
    active_slots: Count | UnsetType | None = UNSET
    denied_slots: Count | UnsetType | None = UNSET
    slot_decay_per_second: Decay | UnsetType | None = UNSET


class Limit(Out, kw_only=True):
    """A limit as it is created: the stored numbers."""

    id: UUID
    created: datetime
    updated: datetime
    active: bool
    name: str
    limit: int
    active_slots: int
    denied_slots: int
    slot_decay_per_second: float
    avg_slot_occupancy_seconds: float


class GlobalLimit(Out, kw_only=True):
    """A limit as it is read: the slots that are taken now."""

    id: UUID
    created: datetime
    updated: datetime
    active: bool
    name: str
    limit: int
    active_slots: int
    slot_decay_per_second: float


class MinimalLimit(Out, kw_only=True):
    id: UUID
    name: str
    limit: int


class Holder(Body, kw_only=True):
    """Who holds the slots of a lease."""

    type: Literal["flow_run", "task_run", "deployment"]
    id: UUID


class Increment(Named, kw_only=True):
    names: list[str]
    slots: Slots
    mode: Mode = "concurrency"
    create_if_missing: bool | None = None  # 2.20 asks for it; no server does it any more


class IncrementWithLease(Increment, kw_only=True):
    """Slots that come free by themselves unless the lease is renewed."""

    lease_duration: LeaseSeconds = LEASE_SECONDS
    holder: Holder | None = None


class Leased(Out, kw_only=True):
    lease_id: UUID
    limits: list[MinimalLimit]


class RenewLease(Named, kw_only=True):
    lease_duration: LeaseSeconds = LEASE_SECONDS


class Decrement(Named, kw_only=True):
    names: list[str]
    slots: Slots
    occupancy_seconds: Annotated[float, Meta(gt=0)] | None = None
    create_if_missing: bool | None = None


class DecrementWithLease(Named, kw_only=True):
    lease_id: UUID


class TagLimitCreate(Body, kw_only=True):
    tag: str
    concurrency_limit: Count


class TagLimit(Out, kw_only=True):
    """A limit on a tag; `active_slots` are the task runs that hold one."""

    id: UUID
    created: datetime
    updated: datetime
    tag: str
    concurrency_limit: int
    active_slots: list[UUID]


class TagSlots(Named, kw_only=True):
    """A task run that takes or frees a slot on each of the tags."""

    names: list[str]
    task_run_id: UUID


class ResetTagLimit(Named, kw_only=True):
    slot_override: list[UUID] | None = None
