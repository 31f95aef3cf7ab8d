"""Notification policies of 2.x clients: kept as they are. Messages are sent by rules and channels."""

from datetime import datetime
from uuid import UUID

from controlplane.errors import NotFound
from controlplane.filters import page_limits
from controlplane.wire.structs import present
from notifications.models import FlowRunPolicy as Row
from notifications.wire import FlowRunPolicy, FlowRunPolicyCreate, FlowRunPolicyListing, FlowRunPolicyUpdate
from workspaces.services import audit

NOT_FOUND = "flow run notification policy not found"


def create_policy(workspace: UUID, body: FlowRunPolicyCreate, *, now: datetime) -> FlowRunPolicy:
    """A block that is not there is a conflict, by its foreign key."""
    row = Row(workspace_id=workspace, created=now, updated=now, **present(body))
    row.save(force_insert=True)
    note(workspace, "created", row.id)
    return shown(row)


def read_policy(workspace: UUID, policy_id: UUID) -> FlowRunPolicy:
    row = Row.objects.of(workspace).filter(id=policy_id).first()
    if row is None:
        raise NotFound(NOT_FOUND)
    return shown(row)


def list_policies(workspace: UUID, body: FlowRunPolicyListing) -> list[FlowRunPolicy]:
    """The oldest first."""
    limits, rows = page_limits(body), Row.objects.of(workspace).order_by("id")
    wanted = body.flow_run_notification_policy_filter
    if wanted is not None and wanted.is_active is not None and wanted.is_active.eq_ is not None:
        rows = rows.filter(is_active=wanted.is_active.eq_)
    return [shown(row) for row in rows[limits.offset : limits.offset + limits.limit]]


def update_policy(workspace: UUID, policy_id: UUID, body: FlowRunPolicyUpdate, *, now: datetime) -> None:
    """Only a template may be set to null: null in another field leaves it as it is."""
    sent = {name: value for name, value in present(body).items() if value is not None or name == "message_template"}
    if not Row.objects.of(workspace).filter(id=policy_id).update(updated=now, **sent):
        raise NotFound(f"Flow run notification policy {policy_id} not found")
    note(workspace, "updated", policy_id, dict.fromkeys(sent, audit.CHANGED))


def delete_policy(workspace: UUID, policy_id: UUID) -> None:
    deleted, _ = Row.objects.of(workspace).filter(id=policy_id).delete()
    if not deleted:
        raise NotFound(NOT_FOUND)
    note(workspace, "deleted", policy_id)


def note(workspace: UUID, what: str, policy_id: UUID, changes: dict[str, str] | None = None) -> None:
    audit.record(
        workspace, action=f"notification-policy.{what}", target_kind="notification-policy", target_id=policy_id,
        target_name="policy of flow runs", changes=changes,
    )  # fmt: skip


def shown(row: Row) -> FlowRunPolicy:
    return FlowRunPolicy(
        id=row.id, created=row.created, updated=row.updated, is_active=row.is_active, state_names=row.state_names,
        tags=row.tags, block_document_id=row.block_document_id, message_template=row.message_template,
    )  # fmt: skip
