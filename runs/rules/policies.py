"""The policies: which rules judge whom, in order."""

from runs.rules.cancelling import cancel_at_once_without_infrastructure, finish_cancelling
from runs.rules.claiming import (
    copy_task_parameters,
    count_flow_run_attempt,
    enqueue_background_task,
    let_one_worker_claim,
    preserve_deployment_lease,
    refuse_duplicate_transition,
)
from runs.rules.deployment_slots import (
    keep_slot_of_old_client,
    release_deployment_slot,
    secure_deployment_slot,
    validate_deployment_slot,
)
from runs.rules.facts import Proposed
from runs.rules.finished import keep_flow_run_finished, keep_flow_run_result, keep_task_run_finished
from runs.rules.pausing import pause_only_what_runs, resume_in_time
from runs.rules.policy import Policy
from runs.rules.retrying import rename_rerun, retry_failed_flow_run, retry_failed_task_run
from runs.rules.scheduling import (
    cancel_late_run_that_collides,
    copy_scheduled_time,
    mark_late_only_once,
    wait_for_scheduled_time,
)
from runs.rules.tasks import (
    cache_result,
    release_tag_slots,
    retrieve_cached_result,
    run_only_inside_a_running_flow,
    secure_tag_slots,
)

CORE_FLOW_POLICY = Policy(
    preserve_deployment_lease,
    refuse_duplicate_transition,
    keep_flow_run_finished,
    keep_flow_run_result,
    finish_cancelling,
    cancel_at_once_without_infrastructure,
    let_one_worker_claim,
    validate_deployment_slot,
    secure_deployment_slot,
    keep_slot_of_old_client,
    mark_late_only_once,
    pause_only_what_runs,
    resume_in_time,
    copy_scheduled_time,
    wait_for_scheduled_time,
    retry_failed_flow_run,
    frees=release_deployment_slot,
)

MINIMAL_FLOW_POLICY = Policy(
    keep_flow_run_result,
    cancel_at_once_without_infrastructure,
    frees=release_deployment_slot,
)

MARK_LATE_POLICY = Policy(
    mark_late_only_once,
    cancel_late_run_that_collides,
)

CORE_TASK_POLICY = Policy(
    retrieve_cached_result,
    keep_task_run_finished,
    run_only_inside_a_running_flow,
    secure_tag_slots,
    copy_scheduled_time,
    wait_for_scheduled_time,
    retry_failed_task_run,
    rename_rerun,
    count_flow_run_attempt,
    cache_result,
    frees=release_tag_slots,
)

BACKGROUND_TASK_POLICY = Policy(
    let_one_worker_claim,
    retrieve_cached_result,
    keep_task_run_finished,
    copy_scheduled_time,
    copy_task_parameters,
    wait_for_scheduled_time,
    retry_failed_task_run,
    rename_rerun,
    count_flow_run_attempt,
    cache_result,
    enqueue_background_task,
    frees=release_tag_slots,
)

MINIMAL_TASK_POLICY = Policy(frees=release_tag_slots)


def flow_policy(*, force: bool) -> Policy:
    """The policy of a flow run's set_state; whatever creates runs forces."""
    return MINIMAL_FLOW_POLICY if force else CORE_FLOW_POLICY


def task_policy(proposed: Proposed, *, force: bool) -> Policy:
    """The policy of a task run's set_state or creation; being deferred wins even over force."""
    if proposed.state_details.deferred:
        return BACKGROUND_TASK_POLICY
    return MINIMAL_TASK_POLICY if force else CORE_TASK_POLICY
