"""Flow-run inputs: what a run waits for while it is paused, and what is sent to it while it runs."""

from uuid import UUID

from controlplane.errors import Conflict, NotFound
from runs.models import FlowRun
from runs.models import FlowRunInput as Row
from runs.wire.inputs import FlowRunInput, InputCreate, InputListing

NOT_FOUND = "Flow run input not found"


def create_input(workspace: UUID, flow_run_id: UUID, body: InputCreate) -> None:
    """Raises Conflict if the key is taken. The insert decides, so that two senders cannot both win."""
    if not FlowRun.objects.of(workspace).filter(id=flow_run_id).exists():
        raise NotFound("Flow run not found")
    row = Row(workspace_id=workspace, flow_run_id=flow_run_id, key=body.key, value=body.value, sender=body.sender)
    Row.objects.bulk_create([row], ignore_conflicts=True)
    if not Row.objects.of(workspace).filter(id=row.id).exists():
        raise Conflict("A flow run input with this key already exists.")


def list_inputs(workspace: UUID, flow_run_id: UUID, body: InputListing) -> list[FlowRunInput]:
    rows = (
        Row.objects.of(workspace)
        .filter(flow_run_id=flow_run_id, key__startswith=body.prefix)
        .exclude(key__in=body.exclude_keys)
        .order_by("created", "id")[: body.limit]
    )
    return [
        FlowRunInput(
            id=row.id, created=row.created, updated=row.updated, flow_run_id=row.flow_run_id, key=row.key,
            value=row.value, sender=row.sender,
        )
        for row in rows
    ]  # fmt: skip


def read_input(workspace: UUID, flow_run_id: UUID, key: str) -> str:
    value = Row.objects.of(workspace).filter(flow_run_id=flow_run_id, key=key).values_list("value", flat=True).first()
    if value is None:
        raise NotFound(NOT_FOUND)
    return str(value)


def delete_input(workspace: UUID, flow_run_id: UUID, key: str) -> None:
    deleted, _ = Row.objects.of(workspace).filter(flow_run_id=flow_run_id, key=key).delete()
    if not deleted:
        raise NotFound(NOT_FOUND)
