"""Task runs: the flow run around them, the cache, and the limits on their tags."""

from runs.rules.facts import Proposed, TaskRunFacts
from runs.rules.moments import clamped_poisson
from runs.rules.policy import TaskTransition, TaskVerdict, rule
from runs.rules.verdicts import Abort, Amend, CacheEntry, Reject, Release, Take, Wait
from runs.wire.states import StateDetails, Status

LONGEST_CACHE_KEY = 2000
LONGEST_MEAN_WAIT_SECONDS = 10.0


@rule(entering={"RUNNING"})
def retrieve_cached_result(t: TaskTransition) -> TaskVerdict:
    """Do not run what is known already."""
    wanted, cached = t.proposed.state_details, t.run.cached
    if wanted.cache_key is None or wanted.refresh_cache or cached is None:
        return None
    state = Proposed("COMPLETED", "Cached", cached.message, cached.data, cached.state_details)
    return Reject(state, "Retrieved state from cache")


@rule(entering={"RUNNING"})
def run_only_inside_a_running_flow(t: TaskTransition) -> TaskVerdict:
    """A task of a flow run that is stopped does not start; that of a paused one comes back later."""
    run, flow_run = t.run, t.run.flow_run
    if run.flow_run_id is None or (flow_run and flow_run.state_type == "RUNNING"):
        return None
    if flow_run is None or flow_run.state_type != "PAUSED":
        return Abort("The enclosing flow must be running to begin task execution.")
    details = StateDetails(pause_timeout=flow_run.pause_timeout, pause_reschedule=flow_run.pause_reschedule)
    return Reject(
        Proposed("PAUSED", "NotReady", state_details=details),
        f"The flow is paused, new tasks can execute after resuming flow run: {flow_run.id}.",
    )


@rule(entering={"RUNNING"})
def secure_tag_slots(t: TaskTransition) -> TaskVerdict:
    """Take a slot on every limit on the run's tags, all or none."""
    limits = t.run.limits
    if not limits:
        return None
    for limit in limits:
        if limit.limit == 0:
            return Abort(
                f'The concurrency limit on tag "{limit.tag}" is 0 and will deadlock if the task tries to run again.'
            )
    wanted = tuple(limit for limit in limits if not limit.held)
    if any(limit.active_slots >= limit.limit for limit in wanted):
        busiest = max(limits, key=lambda limit: limit.active_slots / limit.limit)
        mean = min(busiest.avg_slot_occupancy_seconds, LONGEST_MEAN_WAIT_SECONDS)
        tags = ", ".join(limit.tag for limit in limits)
        return Wait(round(clamped_poisson(mean, t.chance)), f"Concurrency limit reached for tags: {tags}")
    if not wanted:
        return None
    return Amend(takes=Take(tuple(limit.id for limit in wanted), "task_run", t.run.id))


@rule(entering={"COMPLETED"})
def cache_result(t: TaskTransition) -> TaskVerdict:
    """Remember a result under its key, unless the key is too long for the index."""
    details = t.proposed.state_details
    if details.cache_key is None:
        return None
    if len(details.cache_key) > LONGEST_CACHE_KEY:
        return Reject(t.proposed, "Cache key exceeded maximum allowed length of 2000 characters.")
    return Amend(cache_insert=CacheEntry(details.cache_key, details.cache_expiration))


def release_tag_slots(run: TaskRunFacts, status: Status, state: Proposed) -> Release | None:
    """Free the slots on the run's tags whenever it neither runs nor is being cancelled."""
    if not run.tags or state.type in {"RUNNING", "CANCELLING"}:
        return None
    return Release("task_run", run.id)
