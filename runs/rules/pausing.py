"""Pausing, suspending and resuming flow runs."""

from runs.rules.facts import Proposed
from runs.rules.policy import FlowTransition, FlowVerdict, rule
from runs.rules.verdicts import Abort, Amend, Reject
from runs.wire.states import TERMINAL


@rule(entering={"PAUSED"})
def pause_only_what_runs(t: FlowTransition) -> FlowVerdict:
    """Pause a running run, once for each key; suspend it only where something can start it again."""
    verb = _verb(t.proposed)
    details = t.proposed.state_details
    pause_keys = t.run.policy.pause_keys or ()
    if t.run.state is None:
        return Abort(f"Cannot {verb} flows with no state.")
    if t.run.state.type != "RUNNING":
        return Reject(None, f"Cannot {verb} flows that are not currently running.")
    if details.pause_key is not None and details.pause_key in pause_keys:
        return Reject(None, f"This {verb} has already fired.")
    if details.pause_reschedule and t.run.parent_task_run_id is not None:
        return Abort(f"Cannot {verb} subflows.")
    if details.pause_reschedule and t.run.deployment_id is None:
        return Abort(f"Cannot {verb} flows without a deployment.")
    if details.pause_key is None:
        return None
    return Amend(run=t.run.with_policy(pause_keys=(*pause_keys, details.pause_key)))


@rule(leaving={"PAUSED"})
def resume_in_time(t: FlowTransition) -> FlowVerdict:
    """Leave a pause by running on or ending, before its deadline."""
    current, proposed = t.current.state_details, t.proposed
    if proposed.type not in TERMINAL | {"RUNNING", "SCHEDULED", "CANCELLING"}:
        # Clients have always been shown the names as the reference server prints its enumeration.
        return Reject(
            None,
            f"This run cannot transition to the StateType.{proposed.type} state from the StateType.PAUSED state.",
        )
    if current.pause_reschedule and t.run.deployment_id is None:
        return Reject(None, f"Cannot reschedule a {proposed.name.lower()} flow run without a deployment.")
    if proposed.type == "CANCELLING":
        return Amend(resumes=True)
    if current.pause_timeout is not None and current.pause_timeout < t.now:
        failed = Proposed("FAILED", "Failed", f"The flow was {proposed.name.lower()} and never resumed.")
        return Reject(failed, f"The flow run {_verb(proposed)} has timed out and can no longer resume.")
    return Amend(resumes=True)


def _verb(proposed: Proposed) -> str:
    return "suspend" if proposed.name == "Suspended" else "pause"
