"""Scheduled times, and lateness."""

from typing import Any

from runs.rules.deployment_slots import NO_SLOT
from runs.rules.policy import FlowTransition, FlowVerdict, Transition, Verdict, rule
from runs.rules.verdicts import Amend, Reject, Wait


@rule(leaving={"SCHEDULED"}, entering={"PENDING"})
def copy_scheduled_time(t: Transition[Any]) -> Verdict[Any]:
    """A pending run still knows when it is due."""
    due = t.current.state_details.scheduled_time
    if due is None or t.proposed.state_details.scheduled_time is not None:
        return None
    return Amend(state=t.proposed.detailed(scheduled_time=due))


@rule(leaving={"SCHEDULED", "PENDING"}, entering={"RUNNING"})
def wait_for_scheduled_time(t: Transition[Any]) -> Verdict[Any]:
    """Nothing runs before it is due."""
    due = t.current.state_details.scheduled_time
    seconds = round((due - t.now).total_seconds()) if due else 0
    return Wait(seconds, "Scheduled time is in the future") if seconds > 0 else None


@rule(entering={"SCHEDULED"})
def mark_late_only_once(t: FlowTransition) -> FlowVerdict:
    """Only a scheduled run can be late, and only once."""
    if t.proposed.name != "Late":
        return None
    if t.run.state is None or t.run.state.type != "SCHEDULED":
        return Reject(None, "Only scheduled flows can be marked late.")
    if t.run.state.name == "Late":
        return Reject(None, "This flow run is already marked late.")
    return None


@rule(leaving={"SCHEDULED"}, entering={"SCHEDULED"})
def cancel_late_run_that_collides(t: FlowTransition) -> FlowVerdict:
    """A deployment that cancels what finds no slot has no use for late runs either."""
    limit = t.run.limit
    if limit is None or limit.collision_strategy != "CANCEL_NEW" or not limit.full:
        return None
    return Reject(NO_SLOT, "Deployment concurrency limit is full and uses the CANCEL_NEW strategy.")
