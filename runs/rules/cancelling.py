"""Cancelling flow runs."""

from runs.rules.facts import Proposed
from runs.rules.policy import FlowTransition, FlowVerdict, rule
from runs.rules.verdicts import Reject
from runs.wire.states import STATE_TYPES


@rule(leaving={"CANCELLING"}, entering=set(STATE_TYPES) - {"CANCELLED"})
def finish_cancelling(t: FlowTransition) -> FlowVerdict:
    """A run that is being cancelled can only become cancelled."""
    return Reject(None, "Cannot transition flows that are cancelling to a state other than Cancelled.")


@rule(leaving={"SCHEDULED", "PAUSED"}, entering={"CANCELLING"})
def cancel_at_once_without_infrastructure(t: FlowTransition) -> FlowVerdict:
    """Where there is no process to stop, nobody would ever report that it has stopped."""
    current = t.current
    if (current.type == "SCHEDULED" and not t.run.infrastructure_pid) or current.name == "Resuming":
        return Reject(CANCELLED, "Scheduled flow run has no infrastructure to terminate.")
    if current.type == "PAUSED" and current.state_details.pause_reschedule:
        return Reject(CANCELLED, "Suspended flow run has no infrastructure to terminate.")
    return None


CANCELLED = Proposed("CANCELLED", "Cancelled")
