"""Repeated and competing transitions: who gets a run, and what is carried from state to state."""

from typing import Any

from msgspec.structs import replace

from runs.rules.policy import FlowTransition, FlowVerdict, TaskTransition, TaskVerdict, Transition, Verdict, rule
from runs.rules.verdicts import Abort, Amend, Reject


@rule()
def preserve_deployment_lease(t: FlowTransition) -> FlowVerdict:
    """Keep the lease of the deployment's slot known through every later state."""
    lease_id = t.run.state and t.run.state.state_details.deployment_concurrency_lease_id
    if lease_id is None or t.proposed.state_details.deployment_concurrency_lease_id is not None:
        return None
    return Amend(state=t.proposed.detailed(deployment_concurrency_lease_id=lease_id))


@rule()
def refuse_duplicate_transition(t: FlowTransition) -> FlowVerdict:
    """A client's network retry of a transition that was made must not make it twice."""
    transition_id = t.proposed.state_details.transition_id
    if transition_id is None or t.run.state is None or transition_id != t.run.state.state_details.transition_id:
        return None
    return Reject(None, "This run has already made this state transition.")


@rule(leaving={"PENDING", "CANCELLING", "RUNNING", "CANCELLED"}, entering={"PENDING"})
def let_one_worker_claim(t: Transition[Any]) -> Verdict[Any]:
    """Give a run to the first that claims it; a second PENDING may only report progress under a name of its own."""
    current, proposed = t.current, t.proposed
    if current.type != "PENDING" or proposed.name in (current.name, "Pending"):
        return Abort(f"This run is in a {current.type} state and cannot transition to a PENDING state.")
    carried = ("scheduled_time", "deployment_concurrency_lease_id")
    details = {name: getattr(current.state_details, name) for name in carried}
    return Amend(state=proposed.detailed(**details))


@rule(leaving={"SCHEDULED", "PENDING"}, entering={"PENDING", "RUNNING"})
def copy_task_parameters(t: TaskTransition) -> TaskVerdict:
    """A background task's worker finds the parameters by the id that was scheduled."""
    parameters_id = t.current.state_details.task_parameters_id
    if parameters_id is None:
        return None
    return Amend(state=t.proposed.detailed(task_parameters_id=parameters_id))


@rule(entering={"SCHEDULED"})
def enqueue_background_task(t: TaskTransition) -> TaskVerdict:
    """Tell the workers of a task that one of its runs waits for them."""
    if not t.proposed.state_details.deferred:
        return None
    return Amend(enqueue="retry" if t.proposed.name == "AwaitingRetry" else "scheduled")


@rule(entering={"RUNNING"})
def count_flow_run_attempt(t: TaskTransition) -> TaskVerdict:
    """Note in which attempt of its flow run the task run was started."""
    if t.run.flow_run is None or t.run.flow_run_run_count == t.run.flow_run.run_count:
        return None
    return Amend(run=replace(t.run, flow_run_run_count=t.run.flow_run.run_count))
