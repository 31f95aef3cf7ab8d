"""From Scheduled to Late."""

from datetime import datetime
from uuid import UUID

from runs.models import FlowRun
from runs.rules.policies import MARK_LATE_POLICY
from runs.services.transitions import propose_state
from runs.wire.states import StateCreate, StateDetails


def mark_late(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> None:
    """Ask for Late with the same scheduled time. The policy refuses where the run is not waiting any more."""
    due = (
        FlowRun.objects.of(workspace).filter(id=flow_run_id).values_list("next_scheduled_start_time", flat=True).first()
    )
    if due is None:
        return
    late = StateCreate(type="SCHEDULED", name="Late", state_details=StateDetails(scheduled_time=due))
    propose_state(workspace, flow_run_id, late, now=now, policy=MARK_LATE_POLICY)
