"""What a rule may ask: the run as it stands, its limits, and the state that is proposed."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from runs.wire.policies import FlowRunPolicy, TaskRunPolicy
from runs.wire.states import DEFAULT_NAMES, NO_DETAILS, StateCreate, StateDetails, StateType


class CurrentState(Struct, kw_only=True, frozen=True):
    """The state a run is in; `persisted` says whether its data is a persisted result (see `carries_result`)."""

    id: UUID
    type: StateType
    name: str
    timestamp: datetime
    message: str | None = None
    persisted: bool = False
    state_details: StateDetails = NO_DETAILS


class Proposed(Struct, frozen=True):
    """A state that is asked for, or put in its place by a rule; stamped only when it is stored."""

    type: StateType
    name: str
    message: str | None = None
    data: Any = None
    state_details: StateDetails = NO_DETAILS

    @property
    def persisted(self) -> bool:
        return carries_result(self.data)

    def detailed(self, **details: object) -> "Proposed":
        """The same state with some details changed."""
        return replace(self, state_details=replace(self.state_details, **details))


class Entered(Struct, frozen=True):
    """The state to store, complete but for the id that the service gives it."""

    type: StateType
    name: str
    timestamp: datetime
    message: str | None
    data: Any
    state_details: StateDetails


class DeploymentLimit(Struct, kw_only=True, frozen=True):
    """The concurrency limit of a run's deployment, read under its row lock.

    `active_slots` counts the live holders; `held` says that this run is one of them. `lease_alive` speaks of the lease
    that the current state names. `spare_lease_id` is an unused id, for the lease should a slot be taken.
    """

    id: UUID
    limit: int
    active_slots: int
    spare_lease_id: UUID
    held: bool = False
    lease_alive: bool = False
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"] | None = None
    grace_period_seconds: int | None = None

    @property
    def full(self) -> bool:
        return self.active_slots >= self.limit and not self.held

    @property
    def lease_seconds(self) -> float:
        return 300 if self.grace_period_seconds is None else self.grace_period_seconds


class TagLimit(Struct, kw_only=True, frozen=True):
    """An active limit on a tag of a task run; `held` says that this run holds a slot already."""

    id: UUID
    tag: str
    limit: int
    active_slots: int
    held: bool = False
    avg_slot_occupancy_seconds: float = 2.0


class EnclosingFlowRun(Struct, kw_only=True, frozen=True):
    """The flow run around a task run."""

    id: UUID
    run_count: int = 0
    state_type: StateType | None = None
    pause_timeout: datetime | None = None
    pause_reschedule: bool = False


class CachedState(Struct, kw_only=True, frozen=True):
    """The state of the newest cache row of the proposed cache key that has not expired."""

    message: str | None = None
    data: Any = None
    state_details: StateDetails = NO_DETAILS


class RunFacts(Struct, kw_only=True, frozen=True):
    """What flow runs and task runs have in common; `total_run_time` in seconds."""

    id: UUID
    state: CurrentState | None = None
    run_count: int = 0
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None

    @property
    def resuming(self) -> bool:
        """Whether the next RUNNING continues the present attempt rather than starting another."""
        return False

    def marked(self, *, resuming: bool) -> Self:
        """The run with or without the mark of a resume; only flow runs are paused, so only they have it."""
        return self

    def located(self, details: StateDetails) -> StateDetails:
        """The details with the ids of the run that enters the state."""
        raise NotImplementedError


class FlowRunFacts(RunFacts, kw_only=True, frozen=True):
    """A flow run under its row lock; `limit` is None unless its deployment has an active one."""

    policy: FlowRunPolicy = FlowRunPolicy()
    deployment_id: UUID | None = None
    deployment_exists: bool = True
    limit: DeploymentLimit | None = None
    parent_task_run_id: UUID | None = None
    infrastructure_pid: str | None = None
    client_version: str | None = None

    @property
    def resuming(self) -> bool:
        return bool(self.policy.resuming)

    def marked(self, *, resuming: bool) -> Self:
        return self.with_policy(resuming=resuming)

    def with_policy(self, **changes: object) -> Self:
        """The run with another policy; itself when nothing would change."""
        if all(getattr(self.policy, name) == value for name, value in changes.items()):
            return self
        return replace(self, policy=replace(self.policy, **changes))

    def located(self, details: StateDetails) -> StateDetails:
        task_run_id = self.parent_task_run_id or details.task_run_id
        if details.flow_run_id == self.id and details.task_run_id == task_run_id:
            return details
        return replace(details, flow_run_id=self.id, task_run_id=task_run_id)


class TaskRunFacts(RunFacts, kw_only=True, frozen=True):
    """A task run under its row lock.

    `cached` and `limits` are asked only when the run enters RUNNING, so they may be left out otherwise.
    """

    policy: TaskRunPolicy = TaskRunPolicy()
    flow_run_id: UUID | None = None
    flow_run: EnclosingFlowRun | None = None
    flow_run_run_count: int = 0
    tags: tuple[str, ...] = ()
    limits: tuple[TagLimit, ...] = ()
    cached: CachedState | None = None

    def located(self, details: StateDetails) -> StateDetails:
        return replace(details, flow_run_id=self.flow_run_id, task_run_id=self.id)


def propose(state: StateCreate, now: datetime) -> Proposed:
    """What a client asks for, with the name and the scheduled time it may have left out."""
    details = state.state_details
    if state.type == "SCHEDULED" and details.scheduled_time is None:
        details = replace(details, scheduled_time=now)
    name = DEFAULT_NAMES[state.type] if state.name is None else state.name
    return Proposed(state.type, name, state.message, state.data, details)


def carries_result(data: object) -> bool:
    """Whether state data refers to a persisted result: any dict that does not call itself unpersisted."""
    return isinstance(data, dict) and data.get("type") != "unpersisted"
