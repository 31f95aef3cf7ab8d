"""REST doors of a deployment's schedules."""

from uuid import UUID

from controlplane.wire.doors import Call, delete, get, patch, post
from deployments.services import schedules
from deployments.wire.schedules import DeploymentSchedule, DeploymentScheduleCreate, DeploymentScheduleUpdate
from workspaces.permissions import Permission


@get("deployments/<uuid:id>/schedules", needs=Permission.SEE_DEPLOYMENTS)
def list_schedules(call: Call, id: UUID) -> list[DeploymentSchedule]:
    return schedules.list_schedules(call.workspace, id)


@post("deployments/<uuid:id>/schedules", needs=Permission.WRITE_DEPLOYMENTS, status=201)
def create_schedules(call: Call, id: UUID, body: list[DeploymentScheduleCreate]) -> list[DeploymentSchedule]:
    return schedules.create_schedules(call.workspace, id, body, now=call.now)


@patch("deployments/<uuid:id>/schedules/<uuid:schedule>", needs=Permission.WRITE_DEPLOYMENTS)
def update_schedule(call: Call, id: UUID, schedule: UUID, body: DeploymentScheduleUpdate) -> None:
    schedules.update_schedule(call.workspace, id, schedule, body, now=call.now)


@delete("deployments/<uuid:id>/schedules/<uuid:schedule>", needs=Permission.WRITE_DEPLOYMENTS)
def delete_schedule(call: Call, id: UUID, schedule: UUID) -> None:
    schedules.delete_schedule(call.workspace, id, schedule, now=call.now)
