"""States on the wire: what a client proposes, what is stored, and what set_state answers."""

from datetime import UTC, datetime
from typing import Any, Literal, get_args
from uuid import UUID

from msgspec import Struct
from msgspec.structs import force_setattr

from controlplane.wire.structs import Body, Named, Out

StateType = Literal[
    "SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"
]
STATE_TYPES: tuple[StateType, ...] = get_args(StateType)
TERMINAL: frozenset[StateType] = frozenset({"COMPLETED", "FAILED", "CANCELLED", "CRASHED"})
DEFAULT_NAMES: dict[StateType, str] = {type_: type_.capitalize() for type_ in STATE_TYPES}

Status = Literal["ACCEPT", "REJECT", "WAIT", "ABORT"]


class StateDetails(Struct, kw_only=True, frozen=True):
    """Every key is always written; a missing key takes its default and an unknown one is ignored."""

    flow_run_id: UUID | None = None
    task_run_id: UUID | None = None
    child_flow_run_id: UUID | None = None
    scheduled_time: datetime | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    deferred: bool | None = False
    untrackable_result: bool = False
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False
    pause_key: str | None = None
    run_input_keyset: dict[str, str] | None = None
    refresh_cache: bool | None = None
    retriable: bool | None = None
    transition_id: UUID | None = None
    task_parameters_id: UUID | None = None
    traceparent: str | None = None
    deployment_concurrency_lease_id: UUID | None = None

    def __post_init__(self) -> None:
        """Take naive moments as UTC: rules compare them with aware ones."""
        if self.scheduled_time is not None and self.scheduled_time.tzinfo is None:
            force_setattr(self, "scheduled_time", self.scheduled_time.replace(tzinfo=UTC))
        if self.cache_expiration is not None and self.cache_expiration.tzinfo is None:
            force_setattr(self, "cache_expiration", self.cache_expiration.replace(tzinfo=UTC))
        if self.pause_timeout is not None and self.pause_timeout.tzinfo is None:
            force_setattr(self, "pause_timeout", self.pause_timeout.replace(tzinfo=UTC))


NO_DETAILS = StateDetails()


class StateCreate(Body):
    """A state as a client proposes it; the server chooses its id and its timestamp."""

    type: StateType
    name: str | None = None
    message: str | None = None
    data: Any = None
    state_details: StateDetails = NO_DETAILS


class State(Out):
    """A stored state."""

    id: UUID
    type: StateType
    name: str
    timestamp: datetime
    message: str | None
    data: Any
    state_details: StateDetails


class SetState(Named):
    """The body of `POST /flow_runs/{id}/set_state` and of its task run twin."""

    state: StateCreate
    force: bool = False


class AcceptDetails(Out, tag="accept_details"):
    """The proposed state was stored."""


class RejectDetails(Out, tag="reject_details"):
    """Another state was stored instead, or none."""

    reason: str | None


class WaitDetails(Out, tag="wait_details"):
    """Nothing was stored; the client is to ask again after the delay."""

    delay_seconds: int
    reason: str | None


class AbortDetails(Out, tag="abort_details"):
    """Nothing was stored; the client is to stop."""

    reason: str | None


class OrchestrationResult(Out):
    """The answer to set_state; `state` is the stored one, or the unchanged current one."""

    state: State | None
    status: Status
    details: AcceptDetails | RejectDetails | WaitDetails | AbortDetails
