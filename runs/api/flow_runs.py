"""REST doors of flow runs."""

from uuid import UUID

from msgspec import Struct

from controlplane.filters import page_limits
from controlplane.wire.doors import Call, Reply, delete, get, patch, post
from controlplane.wire.replays import fingerprint
from controlplane.wire.structs import Page, make_page
from runs import filters
from runs.services import bulk, dashboards, deeds, flow_runs, placing, secrecy, transitions
from runs.wire.bulk import Deleted, RunOutcomes
from runs.wire.creators import automation_of
from runs.wire.dashboards import Interval
from runs.wire.flow_runs import FlowRun, FlowRunCreate, FlowRunUpdate
from runs.wire.flows import Labels
from runs.wire.states import OrchestrationResult, SetState, State
from workspaces.permissions import Permission


class OfFlowRun(Struct):
    """Query string of the state list."""

    flow_run_id: UUID


@post("flow_runs", needs=Permission.RUN_FLOWS, status=201)
def create_flow_run(call: Call, body: FlowRunCreate) -> Reply[FlowRun]:
    new = placing.place(call.workspace, body, automation_of(call.headers))
    run, created = flow_runs.create_flow_run(call.workspace, new, now=call.now)
    secrecy.reveal(call.workspace, [run], call.grants)
    return Reply(run, 201 if created else 200)


@get("flow_runs/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_flow_run(call: Call, id: UUID) -> FlowRun:
    run = flow_runs.read_flow_run(call.workspace, id, now=call.now)
    secrecy.reveal(call.workspace, [run], call.grants, noted=True)
    return run


@patch("flow_runs/<uuid:id>", needs=Permission.RUN_FLOWS)
def update_flow_run(call: Call, id: UUID, body: FlowRunUpdate) -> None:
    flow_runs.update_flow_run(call.workspace, id, body, now=call.now)


@patch("flow_runs/<uuid:id>/labels", needs=Permission.RUN_FLOWS)
def merge_labels(call: Call, id: UUID, body: Labels) -> None:
    flow_runs.merge_labels(call.workspace, id, body, now=call.now)


@delete("flow_runs/<uuid:id>", needs=Permission.MANAGE_FLOWS)
def delete_flow_run(call: Call, id: UUID) -> None:
    flow_runs.delete_flow_run(call.workspace, id)


@post("flow_runs/<uuid:id>/set_state", needs=Permission.RUN_FLOWS)
def set_flow_run_state(call: Call, id: UUID, body: SetState, raw: bytes) -> Reply[OrchestrationResult]:
    # Prefect's clients name each transition. Without that, two workers' claims look the same but for their headers.
    asked = fingerprint(call, raw, telling=body.state.state_details.transition_id is not None)
    reply = transitions.propose_state(
        call.workspace, id, body.state, force=body.force, now=call.now, client_version=call.client_version, asked=asked
    )
    deeds.note_proposed(call.workspace, id, body.state, reply, force=body.force, now=call.now)
    return reply


@post("flow_runs/filter", needs=Permission.SEE_FLOWS)
def filter_flow_runs(call: Call, body: filters.FlowRunsFilter) -> list[FlowRun]:
    return flow_runs.list_flow_runs(call.workspace, body, now=call.now)


@post("flow_runs/count", needs=Permission.SEE_FLOWS)
def count_flow_runs(call: Call, body: filters.FlowRunsCount) -> int:
    return flow_runs.count_flow_runs(call.workspace, body)


@post("flow_runs/paginate", needs=Permission.SEE_FLOWS)
def paginate_flow_runs(call: Call, body: filters.FlowRunsPaginate) -> Page:
    results = flow_runs.list_flow_runs(call.workspace, body, now=call.now)
    count = flow_runs.count_flow_runs(call.workspace, body)
    return make_page(results, count=count, limit=page_limits(body).limit, page=body.page or 1)


@post("flow_runs/history", needs=Permission.SEE_FLOWS)
def read_history(call: Call, body: filters.FlowRunsHistory) -> list[Interval]:
    return dashboards.read_history(call.workspace, "flow_runs", body, now=call.now)


@post("flow_runs/lateness", needs=Permission.SEE_FLOWS)
def read_lateness(call: Call, body: filters.FlowRunsLateness) -> float | None:
    return dashboards.average_lateness(call.workspace, body, now=call.now)


# Each run is changed in a transaction of its own.
@post("flow_runs/bulk_set_state", needs=Permission.RUN_FLOWS, transaction=False)
def set_flow_run_states(call: Call, body: filters.FlowRunsBulkStates) -> RunOutcomes:
    return bulk.set_states(call.workspace, body, now=call.now, client_version=call.client_version)


@post("flow_runs/bulk_delete", needs=Permission.MANAGE_FLOWS)
def delete_flow_runs(call: Call, body: filters.FlowRunsBulk) -> Deleted:
    return bulk.delete_flow_runs(call.workspace, body)


@get("flow_run_states", needs=Permission.SEE_FLOWS)
def list_flow_run_states(call: Call, query: OfFlowRun) -> list[State]:
    return flow_runs.list_states(call.workspace, query.flow_run_id)


@get("flow_run_states/<uuid:id>", needs=Permission.SEE_FLOWS)
def read_flow_run_state(call: Call, id: UUID) -> State:
    return flow_runs.read_state(call.workspace, id)
