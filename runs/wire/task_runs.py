"""Task runs on the wire."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from controlplane.wire.structs import UNSET, Body, Out, UnsetType
from runs.wire.flows import Labels
from runs.wire.policies import TaskRunPolicy
from runs.wire.states import State, StateCreate


class RunInput(Struct, tag_field="input_type", kw_only=True):
    """An input of a task run that came from somewhere."""


class TaskRunResult(RunInput, tag="task_run"):
    id: UUID


class FlowRunResult(RunInput, tag="flow_run"):
    id: UUID


class Parameter(RunInput, tag="parameter"):
    name: str


class Constant(RunInput, tag="constant"):
    type: str


AnyInput = TaskRunResult | FlowRunResult | Parameter | Constant


class TaskRunCreate(Body, kw_only=True):
    task_key: str
    dynamic_key: str
    id: UUID | None = None
    state: StateCreate | None = None
    name: str | None = None
    flow_run_id: UUID | None = None
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    task_version: str | None = None
    empirical_policy: TaskRunPolicy = TaskRunPolicy()
    tags: list[str] = []
    labels: Labels | None = None
    task_inputs: dict[str, list[AnyInput]] = {}


class TaskRunUpdate(Body, kw_only=True):
    name: str | UnsetType = UNSET


class TaskRun(Out, kw_only=True):
    """A task run as it is read. Durations in seconds."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    flow_run_id: UUID | None = None
    task_key: str
    dynamic_key: str
    cache_key: str | None = None
    cache_expiration: datetime | None = None
    task_version: str | None = None
    empirical_policy: Any = field(default_factory=TaskRunPolicy)
    tags: list[str] = field(default_factory=list)
    labels: Any = field(default_factory=dict)
    state_id: UUID | None = None
    task_inputs: Any = field(default_factory=dict)
    state_type: str | None = None
    state_name: str | None = None
    run_count: int = 0
    flow_run_run_count: int = 0
    expected_start_time: datetime | None = None
    next_scheduled_start_time: datetime | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    total_run_time: float = 0.0
    estimated_run_time: float = 0.0
    estimated_start_time_delta: float = 0.0
    state: State | None = None


class TaskRunSummary(Out, kw_only=True):
    """A task run in the answer of `/paginate`, which leaves some of it out."""

    id: UUID
    created: datetime
    updated: datetime
    name: str
    flow_run_id: UUID | None
    task_key: str
    task_version: str | None
    empirical_policy: Any
    tags: list[str]
    state_id: UUID | None
    task_inputs: Any
    start_time: datetime | None
    end_time: datetime | None
    total_run_time: float
    estimated_run_time: float
    estimated_start_time_delta: float
    state: State | None


def summarise(run: TaskRun) -> TaskRunSummary:
    return TaskRunSummary(**{name: getattr(run, name) for name in TaskRunSummary.__struct_fields__})


def defer(run: TaskRunCreate) -> TaskRunCreate:
    """A run as 2.20 submits it to a task server: what it schedules outside a flow, without the word `deferred`."""
    if run.flow_run_id is not None or run.state is None or run.state.type != "SCHEDULED":
        return run
    details = replace(run.state.state_details, deferred=True)
    return replace(run, state=replace(run.state, state_details=details))
