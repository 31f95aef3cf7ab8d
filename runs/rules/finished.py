"""Leaving a terminal state, and losing results."""

from msgspec.structs import replace

from runs.rules.policy import FlowTransition, FlowVerdict, TaskTransition, TaskVerdict, rule
from runs.rules.verdicts import Abort, Amend, Reject
from runs.wire.states import TERMINAL

NEVER_AFTER_THE_END = frozenset({"CANCELLING", "PAUSED", "CRASHED"})


@rule(leaving=TERMINAL)
def keep_flow_run_finished(t: FlowTransition) -> FlowVerdict:
    """Let a finished flow run start again only where that makes sense, and then as a new attempt."""
    current, entering = t.current, t.proposed.type
    if entering in NEVER_AFTER_THE_END:
        return Abort(f"Run is already in terminal state {current.type}.")
    if entering in TERMINAL:
        return None
    if current.type == "COMPLETED" and current.persisted:
        return Reject(None, "Run is already COMPLETED.")
    if entering == "SCHEDULED" and t.run.deployment_id is None:
        return Abort("Cannot reschedule a run without an associated deployment.")
    retry_type = "reschedule" if entering == "SCHEDULED" else None
    return Amend(run=t.run.with_policy(resuming=False, pause_keys=(), retry_type=retry_type))


@rule(leaving={"COMPLETED"}, entering={"COMPLETED"})
def keep_flow_run_result(t: FlowTransition) -> FlowVerdict:
    """Never replace a persisted result by nothing, not even by force."""
    if not t.current.persisted or t.proposed.persisted:
        return None
    return Reject(None, "Cannot overwrite a COMPLETED state that carries persisted result data with one that does not.")


@rule(leaving=TERMINAL)
def keep_task_run_finished(t: TaskTransition) -> TaskVerdict:
    """Let a finished task run start again unless its result is kept; its attempts are counted anew."""
    if t.proposed.type in NEVER_AFTER_THE_END:
        return Abort(f"Run is already {t.current.type}.")
    if t.current.type == "COMPLETED" and t.current.persisted:
        return Reject(None, "This run is already completed.")
    if t.proposed.type in TERMINAL:
        return None
    state = t.proposed
    if state.type == "RUNNING" and t.run.flow_run and t.run.flow_run_run_count < t.run.flow_run.run_count:
        state = replace(state, name="Retrying")
    return Amend(state=state, run=replace(t.run, run_count=0))
