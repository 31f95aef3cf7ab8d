"""What a rule may answer, and what a decision tells the service to do."""

from datetime import datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from msgspec import Struct

from runs.rules.facts import Entered, Proposed, RunFacts
from runs.wire.policies import FlowRunPolicy
from runs.wire.states import AbortDetails, AcceptDetails, RejectDetails, StateType, Status, WaitDetails

R = TypeVar("R", bound=RunFacts)

ACCEPTED = AcceptDetails()


class Take(Struct, frozen=True):
    """Slots to take, one on each limit, under one lease; never refused, since the limits are locked.

    `lease_id` is None when any new id will do; `ttl_seconds` is None for a lease that does not expire.
    """

    limit_ids: tuple[UUID, ...]
    holder_type: Literal["flow_run", "task_run"]
    holder_id: UUID
    lease_id: UUID | None = None
    ttl_seconds: float | None = None


class Renew(Struct, frozen=True):
    """A lease to keep; None seconds: for good, since its client does not renew it."""

    lease_id: UUID
    ttl_seconds: float | None


class Release(Struct, frozen=True):
    """Slots to give back: a flow run's on the limit of its deployment, a task run's on every tag limit.

    Whatever this run does not hold is left alone, so nobody else's slot is freed.
    """

    holder_type: Literal["flow_run", "task_run"]
    holder_id: UUID
    limit_id: UUID | None = None
    lease_id: UUID | None = None


class CacheEntry(Struct, frozen=True):
    """A row to add to the task cache; it points at the state that is stored."""

    key: str
    expiration: datetime | None


class Amend(Struct, Generic[R], kw_only=True, frozen=True):
    """Go on, with another wording of the proposed state, another view of the run, or something to do besides.

    `resumes` marks the run as resuming once its books are kept: the next RUNNING is not counted, but this one is.
    """

    state: Proposed | None = None
    run: R | None = None
    resumes: bool = False
    takes: Take | None = None
    renews: Renew | None = None
    cache_insert: CacheEntry | None = None
    enqueue: Literal["scheduled", "retry"] | None = None


class Reject(Struct, Generic[R], frozen=True):
    """Store this state instead of the proposed one, or none."""

    state: Proposed | None
    reason: str
    run: R | None = None


class Wait(Struct, frozen=True):
    """Store nothing: ask again after the delay."""

    delay_seconds: int
    reason: str


class Abort(Struct, frozen=True):
    """Store nothing: stop."""

    reason: str


class RunChanges(Struct, frozen=True):
    """The columns of the run row that follow from its states: all of them, changed or not."""

    state_type: StateType
    state_name: str
    state_timestamp: datetime
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    expected_start_time: datetime | None
    next_scheduled_start_time: datetime | None
    run_count: int


class Decision(Struct, kw_only=True, frozen=True):
    """What is to be stored and done, all in one transaction; when `state` is None, nothing at all.

    `policy` is the flow run's new policy, `flow_run_run_count` the task run's new count; None leaves them as they are.
    """

    status: Status
    reason: str | None = None
    delay_seconds: int = 0
    state: Entered | None = None
    run: RunChanges | None = None
    policy: FlowRunPolicy | None = None
    flow_run_run_count: int | None = None
    takes: Take | None = None
    renews: Renew | None = None
    releases: Release | None = None
    cache_insert: CacheEntry | None = None
    enqueue: Literal["scheduled", "retry"] | None = None

    @property
    def details(self) -> AcceptDetails | RejectDetails | WaitDetails | AbortDetails:
        """The wire's words for the status."""
        match self.status:
            case "ACCEPT":
                return ACCEPTED
            case "REJECT":
                return RejectDetails(reason=self.reason)
            case "WAIT":
                return WaitDetails(delay_seconds=self.delay_seconds, reason=self.reason)
            case "ABORT":
                return AbortDetails(reason=self.reason)
