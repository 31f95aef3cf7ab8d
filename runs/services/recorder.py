"""Task runs of 3.x clients: they exist only as events, and this is where the events become task runs.

Such a client orchestrates its task runs itself and reports every state as an event with the label
`prefect.orchestration: client`. Nothing is decided or recomputed here. Events may come twice and in any order.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from events.wire.events import RESOURCE_ID, ROLE, Event
from runs import queries_recorder
from runs.services import crashes
from runs.wire.policies import TaskRunPolicy
from runs.wire.states import DEFAULT_NAMES, NO_DETAILS, StateDetails, StateType
from workspaces.services import data_boundary

log = logging.getLogger(__name__)

PREFIX = "prefect.task-run"
TASK_RUN_ID = "prefect.task-run."
FLOW_RUN_ID = "prefect.flow-run."
ORCHESTRATION = "prefect.orchestration"
UNPERSISTED = {"type": "unpersisted"}

Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]


class ReportedRun(Struct, kw_only=True):
    """The task run as the client knows it. What it leaves out stays as it is."""

    task_key: str
    dynamic_key: str
    name: str | UnsetType = UNSET
    cache_key: str | UnsetType | None = UNSET
    cache_expiration: datetime | UnsetType | None = UNSET
    task_version: str | UnsetType | None = UNSET
    empirical_policy: TaskRunPolicy | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    labels: dict[str, Any] | UnsetType = UNSET
    task_inputs: dict[str, list[Any]] | UnsetType = UNSET
    run_count: Count | UnsetType = UNSET
    flow_run_run_count: Count | UnsetType = UNSET
    expected_start_time: datetime | UnsetType | None = UNSET
    next_scheduled_start_time: datetime | UnsetType | None = UNSET
    start_time: datetime | UnsetType | None = UNSET
    end_time: datetime | UnsetType | None = UNSET
    total_run_time: float | UnsetType = UNSET


class ReportedState(Struct, kw_only=True):
    type: StateType
    name: str | None = None
    message: str | None = None
    data: Any = None
    state_details: StateDetails = NO_DETAILS


class Payload(Struct, kw_only=True):
    task_run: ReportedRun
    validated_state: ReportedState


class Report(Struct, frozen=True):
    """One event, read."""

    event: Event
    task_run_id: UUID
    flow_run_id: UUID | None
    payload: Payload

    @property
    def key(self) -> tuple[object, ...]:
        """What tells task runs apart: the natural key where the flow run is known."""
        if self.flow_run_id is None:
            return (self.task_run_id,)
        run = self.payload.task_run
        return (self.flow_run_id, run.task_key, run.dynamic_key)


encode = msgspec.json.Encoder().encode
default_policy = Raw(encode(TaskRunPolicy()))


def record(workspace: UUID, events: Sequence[Event]) -> None:
    """Bring task runs and their states up to date with a batch of events, in the open transaction.

    Other events are passed over, and so are those that cannot be understood: they stay events and nothing more.
    """
    now = datetime.now(UTC)
    crashes.record_heartbeats(workspace, events, now=now)
    reports = [report for event in events if is_report(event) and (report := read_report(event)) is not None]
    if not reports:
        return
    runs, states = fold(sorted(reports, key=lambda report: occurred(report.event)))
    for state in states:
        # An event cannot be refused, so its result is left out.
        if not data_boundary.result_fits(workspace, state["data"]):
            state["data"] = None
    rows, entries = Raw(encode(runs)), Raw(encode(states))
    queries_recorder.add_reported_task_runs(workspace=workspace, runs=rows, policy=default_policy, now=now)
    queries_recorder.record_reported_states(workspace=workspace, runs=rows, states=entries, now=now)


def is_report(event: Event) -> bool:
    """2.x clients send look-alikes without the label; their task runs came over REST already."""
    return event.event.startswith(PREFIX) and event.resource.get(ORCHESTRATION) == "client"


def read_report(event: Event) -> Report | None:
    try:
        task_run_id = UUID(event.resource[RESOURCE_ID].removeprefix(TASK_RUN_ID))
        payload = msgspec.convert(event.payload, Payload)
    except ValueError as error:
        log.warning("A task run event cannot be recorded: %s", error, extra={"event_id": str(event.id)})
        return None
    return Report(event, task_run_id, flow_run_of(event), payload)


def flow_run_of(event: Event) -> UUID | None:
    """The first related flow run, if the event names one."""
    for resource in event.related:
        if resource[ROLE] == "flow-run":
            try:
                return UUID(resource[RESOURCE_ID].removeprefix(FLOW_RUN_ID))
            except ValueError:
                return None
    return None


def fold(reports: list[Report]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """One row for each task run, as its newest report leaves it, and one for each state (`run`: its row, from 1)."""
    rows: dict[tuple[object, ...], dict[str, Any]] = {}
    places: dict[tuple[object, ...], int] = {}
    states = []
    for report in reports:
        key, event, state = report.key, report.event, report.payload.validated_state
        row = rows.setdefault(key, {"id": report.task_run_id, "flow_run_id": report.flow_run_id})
        place = places.setdefault(key, len(places) + 1)
        name = state.name or DEFAULT_NAMES[state.type]
        row |= reported_columns(report.payload.task_run)
        row |= {"state_id": event.id, "state_type": state.type, "state_name": name, "state_timestamp": occurred(event)}
        states.append(
            {
                "run": place,
                "id": event.id,
                "type": state.type,
                "name": name,
                "timestamp": occurred(event),
                "message": state.message,
                "data": None if state.data == UNPERSISTED else state.data,
                "state_details": state.state_details,
            }
        )
    return list(rows.values()), states


def reported_columns(run: ReportedRun) -> dict[str, Any]:
    fields = ((name, getattr(run, name)) for name in run.__struct_fields__)
    return {name: value for name, value in fields if value is not UNSET}


def occurred(event: Event) -> datetime:
    moment = event.occurred
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
