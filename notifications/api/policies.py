"""REST doors of notification policies and alerts."""

from uuid import UUID

from controlplane.filters.bodies import Listing
from controlplane.wire.doors import Call, delete, get, patch, post
from notifications.services import alerts, policies, previews, rehearsals
from notifications.wire.alerts import Alert, AlertFilter, AlertListing, Snooze
from notifications.wire.policies import (
    Mute,
    Policy,
    PolicyCreate,
    PolicyDryRun,
    PolicyDryRunReport,
    PolicyUpdate,
    Preview,
    PreviewRequest,
)
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_NOTIFICATIONS, Permission.MANAGE_NOTIFICATIONS


@post("notification_policies", needs=MANAGE, status=201)
def create_notification_policy(call: Call, body: PolicyCreate) -> Policy:
    return policies.create_policy(call.workspace, body, now=call.now)


@post("notification_policies/filter", needs=SEE)
def list_notification_policies(call: Call, body: Listing) -> list[Policy]:
    return policies.list_policies(call.workspace, body)


@post("notification_policies/preview", needs=MANAGE, transaction=False)
def preview_notification_policy(call: Call, body: PreviewRequest) -> Preview:
    place = call.place
    return previews.preview(
        call.workspace, body, account=place.account_handle, handle=place.workspace_handle, now=call.now
    )


@post("notification_policies/dry-run", needs=MANAGE)
def try_notification_policy(call: Call, body: PolicyDryRun) -> PolicyDryRunReport:
    place = call.place
    return rehearsals.try_policy(
        call.workspace, body, account=place.account_handle, handle=place.workspace_handle, now=call.now
    )


@get("notification_policies/<uuid:id>", needs=SEE)
def read_notification_policy(call: Call, id: UUID) -> Policy:
    return policies.read_policy(call.workspace, id)


@patch("notification_policies/<uuid:id>", needs=MANAGE, status=200)
def update_notification_policy(call: Call, id: UUID, body: PolicyUpdate) -> Policy:
    return policies.update_policy(call.workspace, id, body, now=call.now)


@post("notification_policies/<uuid:id>/mute", needs=MANAGE)
def mute_notification_policy(call: Call, id: UUID, body: Mute) -> Policy:
    return policies.mute_policy(call.workspace, id, body, now=call.now)


@delete("notification_policies/<uuid:id>", needs=MANAGE)
def delete_notification_policy(call: Call, id: UUID) -> None:
    policies.delete_policy(call.workspace, id)


@post("alerts/filter", needs=SEE)
def list_alerts(call: Call, body: AlertListing) -> list[Alert]:
    return alerts.list_alerts(call.workspace, body)


@post("alerts/count", needs=SEE)
def count_alerts(call: Call, body: AlertFilter) -> int:
    return alerts.count_alerts(call.workspace, body)


@get("alerts/<uuid:id>", needs=SEE)
def read_alert(call: Call, id: UUID) -> Alert:
    return alerts.read_alert_of(call.workspace, id)


@post("alerts/<uuid:id>/acknowledge", needs=MANAGE)
def acknowledge_alert(call: Call, id: UUID) -> Alert:
    return alerts.acknowledge(call.workspace, id, by=call.caller.name, now=call.now)


@post("alerts/<uuid:id>/snooze", needs=MANAGE)
def snooze_alert(call: Call, id: UUID, body: Snooze) -> Alert:
    return alerts.snooze(call.workspace, id, body, by=call.caller.name, now=call.now)


@post("alerts/<uuid:id>/resolve", needs=MANAGE)
def resolve_alert(call: Call, id: UUID) -> Alert:
    return alerts.resolve(call.workspace, id, by=call.caller.name, now=call.now)
