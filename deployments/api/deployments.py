"""REST doors of deployments."""

from uuid import UUID

from controlplane.wire.doors import Call, Reply, delete, get, patch, post
from controlplane.wire.structs import Page
from deployments import filters
from deployments.services import deployments, launching, polling, scheduler, secrecy, work_queues
from deployments.services.older_clients import for_client
from deployments.wire.deployments import (
    BulkResult,
    Deployment,
    DeploymentCreate,
    DeploymentFlowRunCreate,
    DeploymentUpdate,
    GetScheduledRuns,
)
from deployments.wire.makers import maker_of
from deployments.wire.schedules import Period
from deployments.wire.work_queues import FilteringQueue
from runs.services.secrecy import reveal
from runs.wire.bulk import Deleted
from runs.wire.creators import automation_of
from runs.wire.flow_runs import FlowRun
from workspaces.permissions import Permission


@post("deployments", needs=Permission.WRITE_DEPLOYMENTS, status=201)
def create_deployment(call: Call, body: DeploymentCreate) -> Reply[Deployment]:
    deployment, created = deployments.upsert_deployment(
        call.workspace, body, now=call.now, maker=maker_of(call.caller, call.headers)
    )
    return Reply(for_client([deployment], call.client_version)[0], 201 if created else 200)


@get("deployments/<uuid:id>", needs=Permission.SEE_DEPLOYMENTS)
def read_deployment(call: Call, id: UUID) -> Deployment:
    deployment = deployments.read_deployment(call.workspace, id, now=call.now)
    secrecy.reveal_deployment(call.workspace, deployment, call.grants)
    return for_client([deployment], call.client_version)[0]


@get("deployments/name/<str:flow>/<str:name>", needs=Permission.SEE_DEPLOYMENTS)
def read_deployment_by_name(call: Call, flow: str, name: str) -> Deployment:
    deployment = deployments.read_by_name(call.workspace, flow, name, now=call.now)
    secrecy.reveal_deployment(call.workspace, deployment, call.grants)
    return for_client([deployment], call.client_version)[0]


@patch("deployments/<uuid:id>", needs=Permission.WRITE_DEPLOYMENTS)
def update_deployment(call: Call, id: UUID, body: DeploymentUpdate) -> None:
    deployments.update_deployment(call.workspace, id, body, now=call.now, maker=maker_of(call.caller, call.headers))


@delete("deployments/<uuid:id>", needs=Permission.MANAGE_DEPLOYMENTS)
def delete_deployment(call: Call, id: UUID) -> None:
    deployments.delete_deployment(call.workspace, id, now=call.now)


@post("deployments/bulk_delete", needs=Permission.MANAGE_DEPLOYMENTS)
def delete_deployments(call: Call, body: filters.DeploymentsBulk) -> Deleted:
    return deployments.delete_deployments(call.workspace, body, now=call.now)


@post("deployments/filter", needs=Permission.SEE_DEPLOYMENTS)
def list_deployments(call: Call, body: filters.DeploymentsFilter) -> list[Deployment]:
    return for_client(deployments.list_deployments(call.workspace, body, now=call.now), call.client_version)


@post("deployments/count", needs=Permission.SEE_DEPLOYMENTS)
def count_deployments(call: Call, body: filters.DeploymentsCount) -> int:
    return deployments.count_deployments(call.workspace, body)


@post("deployments/paginate", needs=Permission.SEE_DEPLOYMENTS)
def paginate_deployments(call: Call, body: filters.DeploymentsPaginate) -> Page:
    return deployments.paginate_deployments(call.workspace, body, now=call.now)


@post("deployments/<uuid:id>/create_flow_run", needs=Permission.RUN_DEPLOYMENTS, status=201)
def run_deployment(call: Call, id: UUID, body: DeploymentFlowRunCreate) -> Reply[FlowRun]:
    by = automation_of(call.headers)
    run, created = launching.run_deployment(call.workspace, id, body, now=call.now, created_by=by)
    reveal(call.workspace, [run], call.grants)
    return Reply(run, 201 if created else 200)


@post("deployments/<uuid:id>/create_flow_run/bulk", needs=Permission.RUN_DEPLOYMENTS)
def run_deployment_often(call: Call, id: UUID, body: list[DeploymentFlowRunCreate]) -> BulkResult:
    return launching.run_deployment_often(call.workspace, id, body, now=call.now)


@post("deployments/get_scheduled_flow_runs", needs=Permission.RUN_DEPLOYMENTS)
def poll_deployments(call: Call, body: GetScheduledRuns) -> list[FlowRun]:
    runs = polling.poll_deployments(call.workspace, body, now=call.now)
    reveal(call.workspace, runs, call.grants)
    return runs


@post("deployments/<uuid:id>/schedule", needs=Permission.WRITE_DEPLOYMENTS)
def schedule_deployment(call: Call, id: UUID, body: Period | None = None) -> None:
    """An id of nothing has no schedules: nothing is made, and that is no error."""
    scheduler.schedule_deployment(call.workspace, id, now=call.now, period=body or Period())


@post("deployments/<uuid:id>/pause_deployment", needs=Permission.WRITE_DEPLOYMENTS)
def pause_deployment(call: Call, id: UUID) -> None:
    deployments.pause_deployment(call.workspace, id, now=call.now)


@post("deployments/<uuid:id>/resume_deployment", needs=Permission.WRITE_DEPLOYMENTS)
def resume_deployment(call: Call, id: UUID) -> None:
    deployments.resume_deployment(call.workspace, id, now=call.now)


@post("deployments/<uuid:id>/set_schedule_inactive", needs=Permission.WRITE_DEPLOYMENTS)
def set_schedule_inactive(call: Call, id: UUID) -> None:
    """What 2.x clients call pausing."""
    deployments.pause_deployment(call.workspace, id, now=call.now)


@post("deployments/<uuid:id>/set_schedule_active", needs=Permission.WRITE_DEPLOYMENTS)
def set_schedule_active(call: Call, id: UUID) -> None:
    deployments.resume_deployment(call.workspace, id, now=call.now)


@get("deployments/<uuid:id>/work_queue_check", needs=Permission.SEE_DEPLOYMENTS)
def check_work_queues(call: Call, id: UUID) -> list[FilteringQueue]:
    """Deprecated: queues whose own filter matches."""
    found = deployments.read_deployment(call.workspace, id, now=call.now)
    return work_queues.list_matching(call.workspace, id, found.tags)
