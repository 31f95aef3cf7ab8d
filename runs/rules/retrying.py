"""Retries, and the names of repeated runs."""

from msgspec.structs import replace

from runs.rules.facts import Proposed
from runs.rules.moments import clamped_poisson, later
from runs.rules.policy import FlowTransition, FlowVerdict, TaskTransition, TaskVerdict, rule
from runs.rules.verdicts import Amend, Reject
from runs.wire.states import StateDetails


@rule(leaving={"RUNNING"}, entering={"FAILED"})
def retry_failed_flow_run(t: FlowTransition) -> FlowVerdict:
    """Turn a failure into a retry by the same process while the run has retries left; it keeps its slot meanwhile."""
    policy = t.run.policy
    if policy.retries is None or t.run.run_count > policy.retries:
        return Amend(run=t.run.with_policy(retry_type=None))
    details = StateDetails(
        scheduled_time=later(t.now, policy.retry_delay or 0),
        deployment_concurrency_lease_id=t.current.state_details.deployment_concurrency_lease_id,
    )
    run = t.run.with_policy(resuming=False, pause_keys=(), retry_type="in_process")
    return Reject(_awaiting_retry(t.proposed, details), "Retrying", run)


@rule(leaving={"RUNNING"}, entering={"FAILED"})
def retry_failed_task_run(t: TaskTransition) -> TaskVerdict:
    """Turn a failure into a retry while the run has retries left and its client does not object."""
    retries = t.run.policy.retries
    if t.proposed.state_details.retriable is False or retries is None or t.run.run_count > retries:
        return None
    details = StateDetails(scheduled_time=later(t.now, _retry_delay_seconds(t)))
    return Reject(_awaiting_retry(t.proposed, details), "Retrying")


@rule(entering={"RUNNING"})
def rename_rerun(t: TaskTransition) -> TaskVerdict:
    """Say of a task that runs again whether it retries or was simply run anew."""
    if t.run.run_count == 0:
        return None
    retried = t.run.state is not None and t.run.state.name == "AwaitingRetry"
    return Amend(state=replace(t.proposed, name="Retrying" if retried else "Rerunning"))


def _awaiting_retry(failed: Proposed, details: StateDetails) -> Proposed:
    return Proposed("SCHEDULED", "AwaitingRetry", failed.message, failed.data, details)


def _retry_delay_seconds(t: TaskTransition) -> float:
    """The delay of this attempt; the last of a list serves all further ones."""
    delay, jitter = t.run.policy.retry_delay or 0, t.run.policy.retry_jitter_factor
    if isinstance(delay, list):
        delay = delay[max(0, min(t.run.run_count, len(delay)) - 1)]
    return clamped_poisson(delay, t.chance, jitter) if jitter else delay
