"""Pauses of pools and queues: since when, by whom, and in the audit trail."""

from datetime import datetime
from uuid import UUID

from controlplane.acting import who_acts
from deployments.models import WorkPool, WorkQueue
from deployments.rules.pausing import paused_since
from workspaces.services import audit


def note_pause(workspace: UUID, kind: str, row: WorkPool | WorkQueue, *, was_paused: bool, now: datetime) -> None:
    """Bring what the row says of its pause in step with `is_paused`; the caller saves it."""
    row.paused_since = paused_since(row.is_paused, row.paused_since, now)
    if row.is_paused == was_paused:
        return
    acting = who_acts()
    row.paused_by = acting.caller.name if row.is_paused and acting and acting.caller else None
    what = "paused" if row.is_paused else "resumed"
    audit.record(workspace, action=f"{kind}.{what}", target_kind=kind, target_id=row.id, target_name=row.name)
