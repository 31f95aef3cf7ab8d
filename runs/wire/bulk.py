"""Changes of many runs at once, on the wire."""

from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import Meta

from controlplane.filters.bodies import Filtering
from controlplane.wire.structs import Out
from runs.wire.states import AbortDetails, AcceptDetails, RejectDetails, State, StateCreate, Status, WaitDetails

MOST_AT_ONCE = 50


class Bulk(Filtering, kw_only=True):
    """`/bulk_delete`: filters, and how many at most. Whoever means all of them says so with `{}`."""

    may_be_left_out: ClassVar[bool] = False

    limit: Annotated[int, Meta(ge=1, le=MOST_AT_ONCE)] = MOST_AT_ONCE


class BulkStates(Bulk, kw_only=True):
    """`/bulk_set_state`: what all of them are to become."""

    state: StateCreate
    force: bool = False


class Deleted(Out, kw_only=True):
    deleted: list[UUID]


class RunOutcome(Out, kw_only=True):
    """What became of one run."""

    flow_run_id: UUID
    status: Status
    state: State | None
    details: AcceptDetails | RejectDetails | WaitDetails | AbortDetails


class RunOutcomes(Out, kw_only=True):
    results: list[RunOutcome]
