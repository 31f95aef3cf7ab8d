"""REST doors of the notification policies that 2.x clients have. 3.x has none: there it is automations."""

from uuid import UUID

from controlplane.wire.doors import Call, delete, get, patch, post
from notifications.services import flow_run_policies
from notifications.wire import FlowRunPolicy, FlowRunPolicyCreate, FlowRunPolicyListing, FlowRunPolicyUpdate
from workspaces.permissions import Permission


@post("flow_run_notification_policies", needs=Permission.MANAGE_NOTIFICATIONS, status=201)
def create_policy(call: Call, body: FlowRunPolicyCreate) -> FlowRunPolicy:
    return flow_run_policies.create_policy(call.workspace, body, now=call.now)


@post("flow_run_notification_policies/filter", needs=Permission.SEE_NOTIFICATIONS)
def list_policies(call: Call, body: FlowRunPolicyListing) -> list[FlowRunPolicy]:
    return flow_run_policies.list_policies(call.workspace, body)


@get("flow_run_notification_policies/<uuid:id>", needs=Permission.SEE_NOTIFICATIONS)
def read_policy(call: Call, id: UUID) -> FlowRunPolicy:
    return flow_run_policies.read_policy(call.workspace, id)


@patch("flow_run_notification_policies/<uuid:id>", needs=Permission.MANAGE_NOTIFICATIONS)
def update_policy(call: Call, id: UUID, body: FlowRunPolicyUpdate) -> None:
    flow_run_policies.update_policy(call.workspace, id, body, now=call.now)


@delete("flow_run_notification_policies/<uuid:id>", needs=Permission.MANAGE_NOTIFICATIONS)
def delete_policy(call: Call, id: UUID) -> None:
    flow_run_policies.delete_policy(call.workspace, id)
